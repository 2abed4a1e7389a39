#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

class ProjectsTest : public ::testing::Test {
 protected:
  Result<CreatedProject> create(const std::string& id) {
    NewProject wanted;
    wanted.id = ProjectId(id);
    return world_.write<CreatedProject>([&](StoreBatch& batch, AfterCommit& after) {
      return world_.projects->create(batch, wanted, after);
    });
  }
  Result<Project> update(const SettingsChange& change, const std::string& id = "shop") {
    return world_.write<Project>([&](StoreBatch& batch, AfterCommit& after) {
      return world_.projects->update(batch, ProjectId(id), change, after);
    });
  }
  Result<domain::CatalogDiff> put(const domain::Catalog& catalog, bool dry_run = false) {
    return world_.write<domain::CatalogDiff>([&](StoreBatch& batch, AfterCommit& after) {
      return world_.projects->put_catalog(batch, world_.project, {catalog, dry_run}, after);
    });
  }
  Result<CreatedSession> sign_in(const std::string& user) {
    return world_.write<CreatedSession>([&](StoreBatch& batch, AfterCommit&) {
      return world_.sessions->create(batch, world_.project, UserId(user));
    });
  }
  template <class T>
  static std::vector<std::string> fields_of(const Result<T>& result) {
    std::vector<std::string> paths;
    for (const auto& [name, value] : result.error().details) {
      if (const auto* fields = std::get_if<std::vector<FieldError>>(&value)) {
        for (const FieldError& field : *fields) paths.push_back(field.path);
      }
    }
    return paths;
  }

  World world_;
};

TEST_F(ProjectsTest, IdsAreUuidsOrPlainNames) {
  EXPECT_TRUE(create("a-1").has_value());
  EXPECT_TRUE(create("0190F6C2-1111-7ABC-8DEF-001122334455").has_value());
  EXPECT_TRUE(create("").has_value()) << "a new id";
  for (const char* bad :
       {"UPPER", "sp ace", "../x", "a/b", "a_b", "0190F6C2-1111-7ABC-8DEF-00112233445G"}) {
    EXPECT_EQ(create(bad).error().code, ErrorCode::kSchemaError) << bad;
  }
  EXPECT_EQ(create(std::string(65, 'a')).error().code, ErrorCode::kSchemaError);
  EXPECT_EQ(create("shop").error().code, ErrorCode::kAlreadyExists);
}

TEST_F(ProjectsTest, ANewProjectWorksAtOnceAndAfterReopening) {
  const auto created = create("second");
  ASSERT_TRUE(created.has_value());
  for (int i = 0; i < 2; ++i) {
    const auto context = world_.registry->project(ProjectId("second"));
    ASSERT_NE(context, nullptr);
    ASSERT_NE(context->catalog, nullptr);
    EXPECT_EQ(context->signing_keys.size(), 1U);
    const auto key = world_.registry->key(crypto::sha256(created->keys.secret_server_key.reveal()));
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->project.str(), "second");
    EXPECT_EQ(world_.registry->projects().size(), 2U);
    world_.reopen();
  }
}

TEST_F(ProjectsTest, KeysAreStoredAsHashesWithAHint) {
  const auto keys = *world_.projects->keys(world_.project);
  for (const ApiKey& key : keys) {
    EXPECT_LE(key.hint.size(), 12U);
    if (key.access != AccessType::kServer) continue;
    EXPECT_EQ(key.hash, crypto::sha256(world_.keys.secret_server_key.reveal()));
    EXPECT_TRUE(key.hint.starts_with("ssk_"));
  }
}

TEST_F(ProjectsTest, OnlyWhatIsGivenChanges) {
  SettingsChange change;
  change.block_new_purchases = true;
  ASSERT_TRUE(update(change).has_value());
  const Project project = world_.context()->project;
  EXPECT_TRUE(project.settings.block_new_purchases);
  EXPECT_EQ(project.settings.trusted_domains, std::vector<std::string>{"https://app.example.com"});
  EXPECT_EQ(project.display_name, "Shop");
  EXPECT_EQ(update(change, "nowhere").error().code, ErrorCode::kProjectNotFound);
}

TEST_F(ProjectsTest, EveryWrongSettingIsNamedAndNothingChanges) {
  SettingsChange change;
  change.display_name = "New";
  change.trusted_domains = {"https://good.example.com", "evil", "https://*"};
  change.oidc_issuers = {OidcIssuer{"", "", "ftp://x"}};
  change.stripe_secret_key = Secret("with space");
  change.stripe_webhook_secrets = {Secret("whsec_1"), Secret("")};
  const auto refused = update(change);
  EXPECT_EQ(refused.error().code, ErrorCode::kSchemaError);
  EXPECT_EQ(fields_of(refused),
            (std::vector<std::string>{"body.trusted_domains.1", "body.trusted_domains.2",
                                      "body.oidc_issuers.0.issuer", "body.oidc_issuers.0.audience",
                                      "body.oidc_issuers.0.jwks_url", "body.stripe_secret_key",
                                      "body.stripe_webhook_secrets.1"}));
  EXPECT_EQ(world_.context()->project.display_name, "Shop");
}

TEST_F(ProjectsTest, StripesSecretsAreSealedAndBoundToTheirPlace) {
  const Project project = world_.context()->project;
  EXPECT_EQ(project.payments.sealed_secret_key.find("sk_test_1"), std::string::npos);
  EXPECT_EQ(world_.projects->credentials(project)->secret_key.reveal(), "sk_test_1");
  Project stolen = project;
  stolen.id = ProjectId("other");
  EXPECT_EQ(world_.projects->credentials(stolen).error().code, ErrorCode::kInternalError);
  stolen = project;
  stolen.payments.sealed_secret_key = project.payments.sealed_webhook_secrets.at(0);
  EXPECT_EQ(world_.projects->credentials(stolen).error().code, ErrorCode::kInternalError);
}

TEST_F(ProjectsTest, AnotherKeyForgetsTheAccountAndTellsTheMode) {
  world_.open_session("pack");
  EXPECT_EQ(world_.context()->project.payments.account_id, "acct_1");
  SettingsChange change;
  change.stripe_secret_key = Secret("sk_live_1");
  ASSERT_TRUE(update(change).has_value());
  EXPECT_EQ(world_.context()->project.payments.account_id, "");
  EXPECT_TRUE(world_.context()->project.payments.livemode);
}

TEST_F(ProjectsTest, ACatalogIsVersionedAndAppliedOnlyWhenItDiffers) {
  EXPECT_EQ(world_.context()->catalog->version, 1);
  domain::Catalog next = make_catalog();
  EXPECT_TRUE(put(next)->empty());
  EXPECT_EQ(world_.context()->catalog->version, 1);
  next.products.erase("gift");
  next.items["credits"].display_name = "Credits!";
  const auto dry = put(next, true);
  EXPECT_FALSE(dry->empty());
  EXPECT_EQ(world_.context()->catalog->version, 1);
  const auto applied = put(next);
  EXPECT_EQ(applied->removed, std::vector<std::string>{"products.gift"});
  EXPECT_EQ(world_.context()->catalog->version, 2);
  world_.reopen();
  EXPECT_EQ(world_.context()->catalog->version, 2);
  EXPECT_EQ(world_.context()->catalog->find_product(ProductId("gift")), nullptr);
}

TEST_F(ProjectsTest, SessionsLiveUntilTheyAreRevokedOrTheUserIsGone) {
  const auto session = sign_in("alice");
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(world_.sessions->refresh(world_.project, session->refresh_token)->reveal(),
            "own:shop:alice:" + session->session.id.str());
  EXPECT_EQ(world_.tokens.signed_tokens.back().issuer, "https://purser.test/api/v1/projects/shop");
  EXPECT_EQ(world_.tokens.signed_tokens.back().display_name, "Alice");
  EXPECT_EQ(world_.sessions->list(world_.project, UserId("alice"))->size(), 1U);
  const auto refresh_code = [&](const Secret& token, const std::string& project = "shop") {
    return world_.sessions->refresh(ProjectId(project), token).error().code;
  };
  EXPECT_EQ(refresh_code(Secret("prt_wrong")), ErrorCode::kRefreshTokenNotFound);
  EXPECT_EQ(refresh_code(Secret("")), ErrorCode::kRefreshTokenNotFound);
  EXPECT_EQ(refresh_code(session->refresh_token, "other"), ErrorCode::kRefreshTokenNotFound);
  const auto revoke = [&] {
    return world_.engine->apply([&](StoreBatch& batch) {
      return world_.sessions->revoke(batch, world_.project, session->session.id);
    });
  };
  EXPECT_TRUE(revoke().has_value());
  EXPECT_EQ(revoke().error().code, ErrorCode::kSessionNotFound);
  EXPECT_EQ(refresh_code(session->refresh_token), ErrorCode::kRefreshTokenNotFound);

  const auto second = sign_in("alice");
  world_.delete_user("alice");
  EXPECT_EQ(refresh_code(second->refresh_token), ErrorCode::kRefreshTokenNotFound);
  EXPECT_EQ(sign_in("alice").error().code, ErrorCode::kUserNotFound);
}

TEST_F(ProjectsTest, ASessionExpiresAndItsLastTokenWithIt) {
  const auto session = sign_in("alice");
  const Timestamp end = session->session.expires_at;
  ASSERT_TRUE(world_.clock.set(end + Millis{-60'000}).has_value());
  ASSERT_TRUE(world_.sessions->refresh(world_.project, session->refresh_token).has_value());
  EXPECT_EQ(world_.tokens.signed_tokens.back().expires_at, end);
  ASSERT_TRUE(world_.clock.set(end).has_value());
  EXPECT_EQ(world_.sessions->refresh(world_.project, session->refresh_token).error().code,
            ErrorCode::kRefreshTokenNotFound);
}

TEST_F(ProjectsTest, TheJwksHasThePublicKeys) {
  EXPECT_EQ(*world_.sessions->jwks(world_.project), R"({"keys":[{"kid":"kid-1","kty":"EC"}]})");
  EXPECT_EQ(world_.sessions->jwks(ProjectId("nowhere")).error().code, ErrorCode::kProjectNotFound);
}

TEST_F(ProjectsTest, PeopleAreMadeChangedAndDeletedWithTheirEvents) {
  const auto team = world_.write<Team>([&](StoreBatch& batch, AfterCommit&) {
    return world_.people.create_team(batch, world_.project,
                                     {TeamId("crew"), "Crew", UserId("alice")});
  });
  ASSERT_TRUE(team.has_value());
  const auto membership =
      world_.store->view()->membership(world_.project, TeamId("crew"), UserId("alice"));
  ASSERT_TRUE(membership->has_value());
  EXPECT_TRUE((*membership)->administrator);
  const auto orphan = world_.write<Team>([&](StoreBatch& batch, AfterCommit&) {
    return world_.people.create_team(batch, world_.project,
                                     {TeamId("lost"), "Lost", UserId("nobody")});
  });
  EXPECT_EQ(orphan.error().code, ErrorCode::kUserNotFound);
  const auto again = world_.write<User>([&](StoreBatch& batch, AfterCommit&) {
    return world_.people.create_user(batch, world_.project, {UserId("alice"), "", std::nullopt});
  });
  EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
  const auto leave = [&] {
    return world_.engine->apply([&](StoreBatch& batch) {
      return world_.people.delete_membership(batch, world_.project, TeamId("crew"),
                                             UserId("alice"));
    });
  };
  EXPECT_TRUE(leave().has_value());
  EXPECT_EQ(leave().error().code, ErrorCode::kTeamMembershipNotFound);
  const auto types = world_.outbox_types();
  for (const char* type :
       {"project.created", "user.created", "team.created", "team_membership.created",
        "team_membership.deleted", "catalog.updated"}) {
    EXPECT_NE(std::find(types.begin(), types.end(), type), types.end()) << type;
  }
}

TEST_F(ProjectsTest, SettingsOfSubscriptionsAreKept) {
  SettingsChange change;
  for (const int bad : {-1, 61}) {
    change.past_due_grace_days = bad;
    const auto refused = update(change);
    ASSERT_EQ(refused.error().code, ErrorCode::kSchemaError) << bad;
    EXPECT_EQ(fields_of(refused), std::vector<std::string>{"body.past_due_grace_days"});
  }
  EXPECT_EQ(world_.context()->project.settings.past_due_grace_days, 7);
  EXPECT_EQ(world_.context()->project.settings.downgrade_effective, domain::SwitchTime::kNow);
  for (const int good : {0, 60}) {
    change.past_due_grace_days = good;
    change.downgrade_effective = domain::SwitchTime::kPeriodEnd;
    ASSERT_TRUE(update(change).has_value());
    world_.reopen();
    const ProjectSettings& kept = world_.context()->project.settings;
    EXPECT_EQ(kept.past_due_grace_days, good);
    EXPECT_EQ(kept.downgrade_effective, domain::SwitchTime::kPeriodEnd);
  }
}

}  // namespace
}  // namespace purser::app::testing
