#include "adapters/raw_server.hpp"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace purser::testing_support {
namespace {

void require(bool held) {
  if (!held) std::abort();
}

int listen_on_loopback(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  require(fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  require(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

bool is_whole(const std::string& request) {
  const std::size_t end = request.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = request.find(kLength);
  if (at == std::string::npos || at > end) return true;
  std::size_t length = 0;
  const char* digits = request.data() + at + kLength.size();
  std::from_chars(digits, request.data() + end, length);
  return request.size() >= end + 4 + length;
}

std::string pem_of(const std::function<int(BIO*)>& write) {
  BIO* memory = BIO_new(BIO_s_mem());
  require(memory != nullptr && write(memory) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return out;
}

}  // namespace

SelfSigned make_self_signed() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  require(key != nullptr && certificate != nullptr);
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  require(names != nullptr && X509_add_ext(certificate, names, -1) == 1);
  X509_EXTENSION_free(names);
  require(X509_sign(certificate, key, EVP_sha256()) > 0);
  SelfSigned out;
  out.certificate_pem = pem_of([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
  out.key_pem = pem_of([&](BIO* to) {
    return PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(certificate);
  EVP_PKEY_free(key);
  return out;
}

struct RawServer::Tls {
  explicit Tls(const SelfSigned& identity) : context(SSL_CTX_new(TLS_server_method())) {
    BIO* certificate_bio = BIO_new_mem_buf(identity.certificate_pem.data(), -1);
    BIO* key_bio = BIO_new_mem_buf(identity.key_pem.data(), -1);
    X509* certificate = PEM_read_bio_X509(certificate_bio, nullptr, nullptr, nullptr);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
    require(SSL_CTX_use_certificate(context, certificate) == 1);
    require(SSL_CTX_use_PrivateKey(context, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
  }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  ~Tls() { SSL_CTX_free(context); }
  SSL_CTX* context;
};

RawServer::RawServer(std::string answer, const SelfSigned* tls) : answer_(std::move(answer)) {
  // A client that hangs up in a handshake must not end the test program.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  if (tls != nullptr) tls_ = std::make_unique<Tls>(*tls);
  listener_ = listen_on_loopback(port_);
  require(listen(listener_, 16) == 0);
  thread_ = std::thread([this] { serve(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);  // wakes the accept
  thread_.join();
  close(listener_);
}

void RawServer::serve() {
  while (!stopping_) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    serve_one(fd);
    close(fd);
  }
}

void RawServer::serve_one(int fd) {
  SSL* ssl = nullptr;
  if (tls_) {
    ssl = SSL_new(tls_->context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) != 1) {
      SSL_free(ssl);
      ERR_clear_error();
      return;
    }
  }
  std::string request;
  char buffer[4096];
  while (!is_whole(request)) {
    const long got = ssl != nullptr ? SSL_read(ssl, buffer, sizeof buffer)
                                    : static_cast<long>(recv(fd, buffer, sizeof buffer, 0));
    if (got <= 0) break;
    request.append(buffer, static_cast<std::size_t>(got));
  }
  if (is_whole(request)) ++requests_;
  std::string_view left = answer_;
  while (!left.empty()) {
    const int chunk = static_cast<int>(std::min<std::size_t>(left.size(), 65'536));
    const long sent = ssl != nullptr
                          ? SSL_write(ssl, left.data(), chunk)
                          : static_cast<long>(send(fd, left.data(), static_cast<std::size_t>(chunk),
                                                   MSG_NOSIGNAL));
    if (sent <= 0) break;
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
  if (ssl != nullptr) {
    SSL_shutdown(ssl);
    SSL_free(ssl);
    ERR_clear_error();
  }
}

int closed_port() {
  int port = 0;
  close(listen_on_loopback(port));
  return port;
}

}  // namespace purser::testing_support
