#include "server/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "server/settings_table.hpp"

namespace purser::server {
namespace {

/// Declares the commands on a CLI::App and remembers which one was called.
class Grammar {
 public:
  explicit Grammar(const std::string& version)
      : app_("Payments, subscriptions and credits, self-hosted.", "purser") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "purser " + version);
    serve();
    projects();
    keys();
    catalog();
    operations();
    sandbox();
    information();
  }

  std::variant<Invocation, Leave> parse(std::vector<std::string> words) {
    // `purser help serve` is `purser serve --help`.
    if (!words.empty() && words.front() == "help") {
      words.erase(words.begin());
      words.emplace_back("--help");
    }
    std::reverse(words.begin(), words.end());  // what CLI11 expects of a vector
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      std::ostringstream out;
      std::ostringstream problem;
      const int status = app_.exit(error, out, problem);
      return Leave{out.str() + problem.str(), status == 0 ? 0 : 2};
    }
    return result_;
  }

 private:
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& what,
                    Command value) {
    CLI::App* made = parent.add_subcommand(name, what);
    made->callback([this, value] { result_.command = value; });
    return made;
  }

  /// A command that needs settings takes the file and a flag for every setting that has one.
  CLI::App* with_settings(CLI::App* command) {
    command->add_option("--config", result_.config_file, "Settings file (TOML)")->type_name("FILE");
    for (const SettingRow& row : kSettings) {
      if (row.flag.empty()) continue;
      const std::string flag(row.flag);
      command
          ->add_option_function<std::string>(
              "--" + flag, [this, flag](const std::string& text) { result_.flags[flag] = text; },
              "Setting " + std::string(row.key))
          ->group("Settings")
          ->type_name("VALUE");
    }
    return command;
  }

  CLI::App* with_json(CLI::App* command) {
    command->add_flag("--json", result_.json, "Print a JSON document");
    return command;
  }

  CLI::App* with_project(CLI::App* command) {
    command->add_option("--project", result_.project, "Project id")->required()->type_name("ID");
    return command;
  }

  static CLI::App* group(CLI::App& app, const std::string& name, const std::string& what) {
    CLI::App* made = app.add_subcommand(name, what);
    made->require_subcommand(1);
    return made;
  }

  void serve() {
    CLI::App* made = with_settings(command(app_, "serve", "Run the server", Command::kServe));
    made->add_option("--ready-file", result_.ready_file,
                     "File that gets {\"url\", \"sandbox_url\", \"pid\"} once the server is ready")
        ->type_name("FILE");
  }

  void projects() {
    CLI::App* parent = group(app_, "project", "Create and list projects");
    CLI::App* create =
        command(*parent, "create", "Create a project and print its keys", Command::kProjectCreate);
    create->add_option("NAME", result_.name, "Display name")->required();
    create->add_option("--id", result_.id, "Its id; a new one without it")->type_name("ID");
    with_settings(with_json(create));
    with_settings(with_json(command(*parent, "list", "List the projects", Command::kProjectList)));
  }

  void keys() {
    CLI::App* parent = group(app_, "keys", "Create, list and revoke keys of a project");
    CLI::App* create =
        command(*parent, "create", "Create a key and print it, this once", Command::kKeysCreate);
    create->add_option("--access", result_.access, "What it is for")
        ->required()
        ->check(CLI::IsMember({"client", "server", "admin"}));
    create->add_option("--description", result_.description, "What it is used for");
    with_settings(with_json(with_project(create)));
    with_settings(
        with_json(with_project(command(*parent, "list", "List the keys", Command::kKeysList))));
    CLI::App* revoke = command(*parent, "revoke", "Revoke a key at once", Command::kKeysRevoke);
    revoke->add_option("KEY_ID", result_.key_id, "Its id, as `keys list` shows it")->required();
    with_settings(with_project(revoke));
  }

  void catalog() {
    CLI::App* parent = group(app_, "catalog", "Check, compare, apply and export a catalog file");
    CLI::App* check =
        command(*parent, "check", "Report every error of a file", Command::kCatalogCheck);
    check->add_option("FILE", result_.file, "YAML or JSON")->required();
    CLI::App* diff =
        command(*parent, "diff", "Show what applying a file would change", Command::kCatalogDiff);
    diff->add_option("FILE", result_.file, "YAML or JSON")->required();
    with_settings(with_json(with_project(diff)));
    CLI::App* apply =
        command(*parent, "apply", "Make a file the project's catalog", Command::kCatalogApply);
    apply->add_option("FILE", result_.file, "YAML or JSON")->required();
    with_settings(with_json(with_project(apply)));
    CLI::App* save =
        command(*parent, "export", "Write the project's catalog as YAML, or JSON with --json",
                Command::kCatalogExport);
    save->add_option("FILE", result_.file, "Where to; standard output without it");
    with_settings(with_json(with_project(save)));
  }

  void operations() {
    CLI::App* verify =
        command(app_, "verify", "Recompute every balance from the ledger and check the invariants",
                Command::kVerify);
    verify
        ->add_option("--archives", result_.archives,
                     "Folder with what ledger archive wrote: checks it, too")
        ->type_name("FOLDER");
    with_settings(with_json(verify));
    CLI::App* ledger = group(app_, "ledger", "What becomes of old ledger lines");
    CLI::App* archive = command(*ledger, "archive",
                                "Write old months to files and take them out of PostgreSQL, also "
                                "while serving",
                                Command::kLedgerArchive);
    archive->add_option("--before", result_.before, "The oldest month that stays, such as 2026-01")
        ->required()
        ->type_name("MONTH");
    archive->add_option("--to", result_.folder, "Where the files go")
        ->required()
        ->type_name("FOLDER");
    with_settings(with_json(archive));
    CLI::App* reconcile =
        command(app_, "reconcile", "Compare with Stripe what was recorded since the last time",
                Command::kReconcile);
    reconcile->add_flag("--repair", result_.repair, "Apply what differs");
    reconcile->add_flag("--dry-run", result_.dry_run, "Change nothing, whatever else is said");
    reconcile->add_option("--project", result_.project, "Only this one")->type_name("ID");
    with_settings(with_json(reconcile));
    CLI::App* backup =
        command(app_, "backup", "Write a consistent copy of the database, also while serving",
                Command::kBackup);
    backup->add_option("FILE", result_.file, "A file that does not exist yet")->required();
    with_settings(with_json(backup));
    CLI::App* move =
        command(app_, "migrate-store",
                "Move all data of a store into an empty PostgreSQL database, and verify "
                "it there",
                Command::kMigrateStore);
    move->add_option("--from", result_.from, "Where it lies; no server may run on it")
        ->required()
        ->type_name("sqlite:FILE");
    move->add_option("--to", result_.to, "An empty database (PURSER_DATABASE without it)")
        ->required()
        ->envname("PURSER_DATABASE")
        ->type_name("postgres://…");
    with_json(move);
  }

  void sandbox() {
    CLI::App* made =
        app_.add_subcommand("sandbox", "Run the Stripe sandbox alone, or send its events again");
    made->callback([this, made] {  // it comes after the callback of `replay`
      if (made->get_subcommands().empty()) result_.command = Command::kSandbox;
    });
    made->add_option("--listen", result_.listen, "HOST:PORT")->capture_default_str();
    made->add_option("--state", result_.state_file,
                     "File that keeps its state; memory only without it")
        ->type_name("FILE");
    made->add_option("--seed", result_.seed, "Seed of its ids and faults")->capture_default_str();
    made->add_option("--ready-file", result_.ready_file,
                     "File that gets {\"url\", \"sandbox_url\", \"pid\"} once it is ready")
        ->type_name("FILE");
    CLI::App* replay = with_json(
        command(*made, "replay",
                "Send webhook events of a running sandbox again: those that are named, or all to "
                "which the options apply",
                Command::kSandboxReplay));
    replay->add_option("EVENT", result_.events, "Ids of events");
    replay->add_option("--type", result_.event_type, "Only of this type")->type_name("TYPE");
    replay->add_option("--since", result_.since, "Only made then or later, in seconds since 1970")
        ->check(CLI::NonNegativeNumber)
        ->type_name("SECONDS");
    replay->add_flag("--undelivered", result_.undelivered, "Only those that were not delivered");
    replay->add_option("--url", result_.url, "The sandbox")->capture_default_str();
  }

  void information() {
    with_settings(with_json(command(app_, "config", "Print the effective settings and their origin",
                                    Command::kConfig)));
    command(app_, "version", "Print the version", Command::kVersion);
    app_.add_subcommand("help", "Print help, also of one command: purser help serve");
    CLI::App* reference =
        command(app_, "reference", "Print a generated document", Command::kReference);
    reference->group("");  // hidden: for tools/regenerate
    reference->add_option("DOCUMENT", result_.document)
        ->required()
        ->check(CLI::IsMember({"settings"}));
  }

  CLI::App app_;
  Invocation result_;
};

}  // namespace

std::variant<Invocation, Leave> parse_command_line(const std::vector<std::string>& words,
                                                   const std::string& version) {
  if (words.empty()) return Grammar(version).parse({"--help"});
  return Grammar(version).parse(words);
}

}  // namespace purser::server
