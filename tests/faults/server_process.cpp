#include "tests/faults/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "json/json.hpp"

extern char** environ;

namespace purser::faults {

namespace {

// A start takes a tenth of a second. This is for a hang, not for a machine that has much else to
// do.
constexpr std::chrono::minutes kMostPatience{5};

int status_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The port of "http://127.0.0.1:8130"; 0 when there is none.
std::uint16_t port_of(const json::Value& ready, const char* name) {
  const std::string url = ready.string_at(name).value_or("");
  const auto colon = url.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
  }
  return port;
}

}  // namespace

void pause_for(std::chrono::milliseconds time) {
  ::poll(nullptr, 0, static_cast<int>(time.count()));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

pid_t spawn_program(std::vector<std::string> words, const std::string& output) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status_of(status);
}

ChildProcess::ChildProcess(std::string program, std::string ready_file, std::string log_file)
    : program_(std::move(program)),
      ready_file_(std::move(ready_file)),
      log_file_(std::move(log_file)) {}

ChildProcess::~ChildProcess() { kill(); }

bool ChildProcess::spawn(std::vector<std::string> words) {
  ::unlink(ready_file_.c_str());
  started_ = std::chrono::steady_clock::now();
  words.insert(words.begin(), program_);
  words.insert(words.end(), {"--ready-file", ready_file_});
  pid_ = spawn_program(std::move(words), log_file_);
  return pid_ > 0;
}

bool ChildProcess::wait_ready() {
  for (;;) {
    const auto waited = std::chrono::steady_clock::now() - started_;
    if (const auto ready = json::parse(read_file(ready_file_))) {
      if ((port_ = port_of(*ready, "url")) != 0) {
        sandbox_port_ = port_of(*ready, "sandbox_url");
        ready_time_ = std::chrono::duration_cast<std::chrono::milliseconds>(waited);
        return true;
      }
    }
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      std::ofstream(log_file_, std::ios::app)
          << "It ended with " << status_of(status) << " before it was ready.\n";
      return false;
    }
    if (waited > kMostPatience) return false;
    pause_for(std::chrono::milliseconds(1));
  }
}

void ChildProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_end();
}

void ChildProcess::terminate() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
}

int ChildProcess::wait_end() {
  const int status = wait_for(pid_);
  pid_ = -1;
  return status;
}

ServerProcess::ServerProcess(std::string program, std::string work,
                             std::vector<std::string> options)
    : ChildProcess(std::move(program), work + "/ready.json", work + "/server.log"),
      work_(std::move(work)),
      options_(std::move(options)) {}

bool ServerProcess::spawn() {
  std::vector<std::string> words = {"serve", "--data", work_ + "/data", "--listen", "127.0.0.1:0"};
  words.insert(words.end(), options_.begin(), options_.end());
  return ChildProcess::spawn(std::move(words));
}

int ServerProcess::command(const std::vector<std::string>& words, std::string& output) const {
  const std::string file = work_ + "/command.out";
  ::unlink(file.c_str());
  std::vector<std::string> all{program_};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), {"--data", work_ + "/data"});
  const pid_t pid = spawn_program(std::move(all), file);
  if (pid < 0) return 127;
  const int status = wait_for(pid);
  output = read_file(file);
  return status;
}

bool ServerProcess::create_project(const std::string& id, Keys& keys) const {
  std::string output;
  if (command({"project", "create", id, "--id", id, "--json"}, output) != 0) return false;
  const auto answer = json::parse(output);
  if (!answer) return false;
  keys.project = answer->string_at("project_id").value_or("");
  keys.server = answer->string_at("secret_server_key").value_or("");
  keys.admin = answer->string_at("super_secret_admin_key").value_or("");
  return !keys.project.empty() && !keys.server.empty() && !keys.admin.empty();
}

SandboxProcess::SandboxProcess(std::string program, std::string work, std::uint64_t seed)
    : ChildProcess(std::move(program), work + "/sandbox-ready.json", work + "/sandbox.log"),
      work_(std::move(work)),
      seed_(seed) {}

bool SandboxProcess::start() {
  return spawn({"sandbox", "--listen", "127.0.0.1:0", "--state", work_ + "/sandbox.json", "--seed",
                std::to_string(seed_)}) &&
         wait_ready();
}

DatabaseServer::DatabaseServer(std::string tool, std::string folder, std::string log_file)
    : tool_(std::move(tool)), folder_(std::move(folder)), log_file_(std::move(log_file)) {}

DatabaseServer::~DatabaseServer() {
  if (exists_) run(keeps_ ? "crash" : "stop");
}

bool DatabaseServer::run(const char* command) const {
  const pid_t pid = spawn_program({tool_, command, folder_}, log_file_);
  return pid > 0 && wait_for(pid) == 0;
}

bool DatabaseServer::start() {
  exists_ = true;
  return run("start");
}

bool DatabaseServer::crash() { return run("restart"); }

}  // namespace purser::faults
