#pragma once

// Access tokens that are their own claims in plain text: "own:<project>:<user>:<session>" or
// "foreign:<issuer>:<sub>:<email>", or "expired" and "bad". Signing and checking for real is the
// jwks adapter's and tested there.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "app/ports/tokens.hpp"

namespace purser::app::testing {

class FakeTokens final : public AccessTokens {
 public:
  int verified = 0;  ///< calls of verify
  std::vector<NewToken> signed_tokens;

  Result<KeyPair> make_key_pair() override {
    return KeyPair{"kid-1", R"({"kid":"kid-1","kty":"EC"})", Secret("pem")};
  }

  Result<Secret> sign(const NewToken& token) override {
    if (token.private_pem.reveal() != "pem") return Error::internal("not the key that was made");
    signed_tokens.push_back(token);
    return Secret("own:" + token.project.str() + ":" + token.user.str() + ":" +
                  token.session.str());
  }

  std::optional<TokenClaims> cached(const ProjectId& project, std::string_view token,
                                    Timestamp) override {
    std::lock_guard lock(mutex_);
    const auto found = cache_.find({project, std::string(token)});
    if (found == cache_.end()) return std::nullopt;
    return found->second;
  }

  Result<TokenClaims> verify(const Trust& trust, std::string_view token, Timestamp) override {
    ++verified;
    const std::vector<std::string> parts = split(token);
    if (token == "expired") return Error{ErrorCode::kAccessTokenExpired, "expired"};
    if (parts.size() != 4) return Error{ErrorCode::kUnparsableAccessToken, "bad"};
    TokenClaims claims;
    if (parts[0] == "own") {
      if (parts[1] != trust.project.str()) {
        return Error{ErrorCode::kInvalidProjectForAccessToken, "other project"};
      }
      claims.subject = parts[2];
      claims.session_id = parts[3];
    } else {
      claims.issuer = parts[1];
      claims.subject = parts[2];
      if (!parts[3].empty()) claims.email = parts[3];
      bool trusted = false;
      for (const OidcIssuer& issuer : trust.foreign) trusted |= issuer.issuer == parts[1];
      if (!trusted) return Error{ErrorCode::kUnparsableAccessToken, "unknown issuer"};
    }
    std::lock_guard lock(mutex_);
    cache_[{trust.project, std::string(token)}] = claims;
    return claims;
  }

  void forget(const ProjectId& project) override {
    std::lock_guard lock(mutex_);
    std::erase_if(cache_, [&](const auto& entry) { return entry.first.first == project; });
  }

 private:
  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
      if (c == ':') {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    return parts;
  }

  std::mutex mutex_;
  std::map<std::pair<ProjectId, std::string>, TokenClaims> cache_;
};

}  // namespace purser::app::testing
