#include "tests/contract/store_contract.hpp"

// Projects, keys, users, teams, memberships, sessions, catalogs.

namespace purser::contract {
namespace {

const ProjectId kP("p");
const ProjectId kQ("q");

TEST_P(StoreContract, AProjectIsKeptWithItsSettings) {
  app::Project project = project_of("shop");
  project.display_name = "Läden \"&\" mehr";
  project.settings.trusted_domains = {"https://app.example.com", "https://*.example.com"};
  project.settings.allow_localhost = false;
  project.settings.block_new_purchases = true;
  project.settings.test_mode = true;
  project.settings.require_publishable_client_key = false;
  project.settings.oidc_issuers = {{"https://issuer", "audience", "https://issuer/jwks"}};
  project.settings.owner_team = TeamId("owners");
  project.settings.other_config = R"({"auth.allowSignUp":true})";
  project.payments.sealed_secret_key = std::string("\0\xff\x01", 3);
  project.payments.sealed_webhook_secrets = {std::string("\x80", 1), "b"};
  project.payments.account_id = "acct_1";
  project.payments.livemode = true;
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_project(project));
    EXPECT_TRUE(batch.project(project.id)->has_value()) << "a batch sees its own writes";
    return {};
  });
  reopen();
  const auto found = store_->view()->project(project.id);
  PURSER_ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->display_name, project.display_name);
  EXPECT_EQ((*found)->settings, project.settings);
  EXPECT_EQ((*found)->payments, project.payments);
  EXPECT_EQ((*found)->created_at, project.created_at);

  project.display_name = "renamed";
  project.settings = {};
  project.payments = {};
  commit([&](app::StoreBatch& batch) { return batch.update_project(project); });
  const auto updated = store_->view()->project(project.id);
  EXPECT_EQ((*updated)->display_name, "renamed");
  EXPECT_EQ((*updated)->settings, app::ProjectSettings{});
  EXPECT_EQ((*updated)->payments, app::ProjectPayments{});
}

TEST_P(StoreContract, ProjectsAreListedInPagesById) {
  commit([](app::StoreBatch& batch) -> Status {
    for (const char* id : {"c", "a", "b"}) PURSER_CHECK_OK(batch.insert_project(project_of(id)));
    return {};
  });
  const auto first = store_->view()->projects({"", 3});
  PURSER_ASSERT_OK(first);
  ASSERT_EQ(first->size(), 3U);
  EXPECT_EQ(first->at(0).id.str(), "a");
  EXPECT_EQ(first->at(2).id.str(), "c");
  const auto second = store_->view()->projects({first->back().id.str(), 3});
  ASSERT_EQ(second->size(), 2U);
  EXPECT_EQ(second->at(1).id.str(), "q");
}

TEST_P(StoreContract, TheSameIdTwiceIsRefusedAndTheBatchGoesOn) {
  const auto code = [](const Status& status) {
    return status ? ErrorCode::kNotImplemented : status.error().code;
  };
  commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    EXPECT_EQ(code(batch.insert_project(project_of("p"))), ErrorCode::kAlreadyExists);
    PURSER_CHECK_OK(batch.undo_command());
    batch.begin_command();
    EXPECT_EQ(code(batch.insert_user(user_of("p", "ann"))), ErrorCode::kAlreadyExists);
    PURSER_CHECK_OK(batch.undo_command());
    batch.begin_command();
    EXPECT_EQ(code(batch.insert_team(team_of("p", "crew"))), ErrorCode::kAlreadyExists);
    PURSER_CHECK_OK(batch.undo_command());
    batch.begin_command();
    return batch.insert_user(user_of("q", "ann"));
  });
  EXPECT_TRUE(store_->view()->user(kQ, UserId("ann"))->has_value());
}

TEST_P(StoreContract, KeysAreKeptWithRevokedOnes) {
  app::ApiKey key;
  key.id = KeyId("k1");
  key.project = kP;
  key.access = app::AccessType::kServer;
  key.hash = digest_of(1);
  key.hint = "ssk_…abcd";
  key.description = "CI";
  key.created_at = at(10);
  key.expires_at = at(90);
  commit([&](app::StoreBatch& batch) { return batch.insert_key(key); });
  key.last_used_at = at(20);
  key.revoked_at = at(30);
  key.description = "old CI";
  commit([&](app::StoreBatch& batch) { return batch.update_key(key); });
  reopen();
  const auto keys = store_->view()->keys(kP);
  PURSER_ASSERT_OK(keys);
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->at(0).id, key.id);
  EXPECT_EQ(keys->at(0).project, kP);
  EXPECT_EQ(keys->at(0).access, key.access);
  EXPECT_EQ(keys->at(0).hash, key.hash);
  EXPECT_EQ(keys->at(0).hint, key.hint);
  EXPECT_EQ(keys->at(0).description, "old CI");
  EXPECT_EQ(keys->at(0).created_at, key.created_at);
  EXPECT_EQ(keys->at(0).last_used_at, key.last_used_at);
  EXPECT_EQ(keys->at(0).revoked_at, key.revoked_at);
  EXPECT_EQ(keys->at(0).expires_at, key.expires_at);
  EXPECT_TRUE(store_->view()->keys(kQ)->empty());
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              app::ApiKey same_text = key;
              same_text.id = KeyId("k2");
              return batch.insert_key(same_text);
            }),
            ErrorCode::kAlreadyExists);
}

TEST_P(StoreContract, SigningKeysComeNewestFirst) {
  commit([](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_signing_key({kP, "z", "{\"kid\":\"z\"}", "sealed", at(1)}));
    return batch.insert_signing_key({kP, "a", "{\"kid\":\"a\"}", std::string("\0s", 2), at(2)});
  });
  const auto keys = store_->view()->signing_keys(kP);
  PURSER_ASSERT_OK(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->at(0).kid, "a");
  EXPECT_EQ(keys->at(0).sealed_private_key, std::string("\0s", 2));
  EXPECT_EQ(keys->at(1).public_jwk, "{\"kid\":\"z\"}");
  EXPECT_EQ(keys->at(1).created_at, at(1));
  EXPECT_TRUE(store_->view()->signing_keys(kQ)->empty());
}

TEST_P(StoreContract, AUserIsFoundByIdAndBySubject) {
  app::User user = user_of("p", "bob");
  user.primary_email = "bob@example.com";
  user.external_subject = "https://issuer|42";
  commit([&](app::StoreBatch& batch) { return batch.insert_user(user); });
  const auto found = store_->view()->user_by_subject(kP, "https://issuer|42");
  PURSER_ASSERT_OK(found);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->id, user.id);
  EXPECT_EQ((*found)->primary_email, user.primary_email);
  EXPECT_EQ((*found)->display_name, user.display_name);
  EXPECT_EQ((*found)->created_at, user.created_at);
  EXPECT_FALSE(store_->view()->user_by_subject(kQ, "https://issuer|42")->has_value());
  EXPECT_FALSE(store_->view()->user_by_subject(kP, "")->has_value()) << "ann has no subject";
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) {
              app::User other = user;
              other.id = UserId("carl");
              return batch.insert_user(other);
            }),
            ErrorCode::kAlreadyExists);

  user.primary_email.reset();
  user.display_name = "Robert";
  commit([&](app::StoreBatch& batch) { return batch.update_user(user); });
  const auto updated = store_->view()->user(kP, user.id);
  EXPECT_FALSE((*updated)->primary_email);
  EXPECT_EQ((*updated)->display_name, "Robert");
}

TEST_P(StoreContract, UsersAndTeamsAreKeptWithTheirProfiles) {
  const app::AppMetadata metadata{R"({"a":"ä \"quoted\""})", R"([1.5e400])", "null"};
  app::User user = user_of("p", "bob");
  user.profile = {"https://example.com/b.png", true, "$argon2id$…", TeamId("crew"), metadata};
  app::Team team = team_of("p", "squad");
  team.profile = {"data:,x", metadata};
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_user(user));
    return batch.insert_team(team);
  });
  reopen();
  EXPECT_EQ((*store_->view()->user(kP, user.id))->profile, user.profile);
  EXPECT_EQ((*store_->view()->team(kP, team.id))->profile, team.profile);
  EXPECT_EQ((*store_->view()->user(kP, UserId("ann")))->profile, app::UserProfile{});

  commit([&](app::StoreBatch& batch) -> Status {
    user.profile.email_verified = false;
    user.profile.password_hash = "other";
    team.profile = {};
    PURSER_CHECK_OK(batch.update_user(user));
    return batch.update_team(team);
  });
  EXPECT_EQ((*store_->view()->user(kP, user.id))->profile, user.profile);
  EXPECT_EQ((*store_->view()->team(kP, team.id))->profile, app::TeamProfile{});
  const auto listed = store_->view()->users(kP, {"", 10});
  EXPECT_EQ(listed->back().profile, user.profile);
}

TEST_P(StoreContract, UsersAndTeamsAreListedInPagesOfTheirProject) {
  commit([](app::StoreBatch& batch) -> Status {
    for (const char* id : {"u3", "u1", "u2"}) {
      PURSER_CHECK_OK(batch.insert_user(user_of("q", id)));
      PURSER_CHECK_OK(batch.insert_team(team_of("q", id)));
    }
    return {};
  });
  const auto users = store_->view()->users(kQ, {"", 2});
  ASSERT_EQ(users->size(), 2U);
  EXPECT_EQ(users->at(0).id.str(), "u1");
  const auto rest = store_->view()->users(kQ, {"u2", 2});
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ(rest->at(0).id.str(), "u3");
  const auto teams = store_->view()->teams(kQ, {"u1", 10});
  ASSERT_EQ(teams->size(), 2U);
  EXPECT_EQ(teams->at(0).id.str(), "u2");
  EXPECT_EQ(teams->at(0).display_name, "Team u2");
  EXPECT_EQ(store_->view()->teams(kP, {"", 10})->size(), 1U);
}

TEST_P(StoreContract, MembershipsAreSeenFromBothSides) {
  commit([](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.insert_user(user_of("p", "bob")));
    PURSER_CHECK_OK(batch.insert_team(team_of("p", "alpha")));
    PURSER_CHECK_OK(batch.put_membership({kP, TeamId("crew"), UserId("bob"), false, at(1)}));
    PURSER_CHECK_OK(batch.put_membership({kP, TeamId("crew"), UserId("ann"), true, at(2)}));
    return batch.put_membership({kP, TeamId("alpha"), UserId("ann"), false, at(3)});
  });
  const auto members = store_->view()->members(kP, TeamId("crew"), {"", 10});
  ASSERT_EQ(members->size(), 2U);
  EXPECT_EQ(members->at(0).user.str(), "ann");
  EXPECT_TRUE(members->at(0).administrator);
  EXPECT_EQ(store_->view()->members(kP, TeamId("crew"), {"ann", 10})->size(), 1U);
  const auto teams = store_->view()->memberships(kP, UserId("ann"), {"", 1});
  ASSERT_EQ(teams->size(), 1U);
  EXPECT_EQ(teams->at(0).team.str(), "alpha");
  EXPECT_EQ(store_->view()->memberships(kP, UserId("ann"), {"alpha", 10})->at(0).team.str(),
            "crew");

  commit([](app::StoreBatch& batch) {
    return batch.put_membership({kP, TeamId("crew"), UserId("bob"), true, at(9)});
  });
  const auto bob = store_->view()->membership(kP, TeamId("crew"), UserId("bob"));
  ASSERT_TRUE(bob->has_value());
  EXPECT_TRUE((*bob)->administrator);
  commit([](app::StoreBatch& batch) {
    return batch.delete_membership(kP, TeamId("crew"), UserId("bob"));
  });
  EXPECT_FALSE(store_->view()->membership(kP, TeamId("crew"), UserId("bob"))->has_value());
  EXPECT_FALSE(store_->view()->membership(kQ, TeamId("crew"), UserId("ann"))->has_value());
}

TEST_P(StoreContract, ASessionIsFoundByItsTokenUntilTheUserGoes) {
  app::Session session{SessionId("s1"), kP, UserId("ann"), digest_of(7), at(1), at(2), {}};
  commit([&](app::StoreBatch& batch) { return batch.insert_session(session); });
  EXPECT_EQ((*store_->view()->session_by_refresh_hash(kP, digest_of(7)))->id, session.id);
  EXPECT_FALSE(store_->view()->session_by_refresh_hash(kQ, digest_of(7))->has_value());
  session.refresh_hash = digest_of(8);
  session.expires_at = at(5);
  session.revoked_at = at(4);
  commit([&](app::StoreBatch& batch) { return batch.update_session(session); });
  EXPECT_FALSE(store_->view()->session_by_refresh_hash(kP, digest_of(7))->has_value());
  const auto found = store_->view()->session(kP, session.id);
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->refresh_hash, digest_of(8));
  EXPECT_EQ((*found)->expires_at, at(5));
  EXPECT_EQ((*found)->revoked_at, at(4));
  EXPECT_EQ(store_->view()->sessions(kP, UserId("ann"))->size(), 1U);
  commit([](app::StoreBatch& batch) { return batch.delete_user(kP, UserId("ann")); });
  EXPECT_FALSE(store_->view()->session(kP, session.id)->has_value());
  EXPECT_TRUE(store_->view()->sessions(kP, UserId("ann"))->empty());
}

TEST_P(StoreContract, ADeletedUserIsGoneButItsHistoryStays) {
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.put_membership({kP, TeamId("crew"), UserId("ann"), true, at(2)}));
    return give(batch, credits_, 10);
  });
  commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.delete_user(kP, UserId("ann")));
    EXPECT_FALSE(*batch.customer_exists(ann_));
    return {};
  });
  EXPECT_FALSE(store_->view()->user(kP, UserId("ann"))->has_value());
  EXPECT_FALSE(*store_->view()->customer_exists(ann_));
  EXPECT_TRUE(store_->view()->members(kP, TeamId("crew"), {"", 10})->empty());
  EXPECT_EQ(store_->view()->ledger(credits_, std::nullopt, 10)->size(), 1U);
  EXPECT_EQ(quantity(credits_), 10);

  commit([](app::StoreBatch& batch) { return batch.delete_team(kP, TeamId("crew")); });
  EXPECT_FALSE(store_->view()->team(kP, TeamId("crew"))->has_value());
  EXPECT_FALSE(*store_->view()->customer_exists(crew_));
  EXPECT_TRUE(*store_->view()->customer_exists(thing_));
}

TEST_P(StoreContract, AnUndoneDeletionIsNoDeletion) {
  EXPECT_TRUE(read(ann_, {}).customer_exists);
  commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    PURSER_CHECK_OK(batch.delete_user(kP, UserId("ann")));
    return batch.undo_command();
  });
  EXPECT_TRUE(read(ann_, {}).customer_exists);
  EXPECT_TRUE(store_->view()->user(kP, UserId("ann"))->has_value());
}

TEST_P(StoreContract, UpdatingWhatIsNotThereIsADefectOfTheCaller) {
  EXPECT_EQ(
      refusal([](app::StoreBatch& batch) { return batch.update_user(user_of("p", "nobody")); }),
      ErrorCode::kInternalError);
  EXPECT_EQ(
      refusal([](app::StoreBatch& batch) { return batch.update_project(project_of("nowhere")); }),
      ErrorCode::kInternalError);
  EXPECT_EQ(
      refusal([](app::StoreBatch& batch) { return batch.update_team(team_of("p", "nobody")); }),
      ErrorCode::kInternalError);
}

TEST_P(StoreContract, CatalogsFollowOneAnother) {
  EXPECT_EQ(store_->view()->catalog(kP)->version, 0);
  domain::Catalog catalog;
  catalog.version = 1;
  catalog.items.emplace("credits", domain::Item{ItemId("credits"), "Credits", CustomerType::kUser});
  commit([&](app::StoreBatch& batch) { return batch.put_catalog(kP, catalog); });
  domain::Product product;
  product.id = ProductId("pack");
  product.display_name = "Pack";
  product.prices.push_back({PriceId("once"), Money(500, *Currency::parse("EUR")), {}, {}, false});
  product.included_items.push_back({ItemId("credits"), amount(1000), {}, domain::Expiry::kNever});
  catalog.products.emplace("pack", product);
  EXPECT_EQ(refusal([&](app::StoreBatch& batch) { return batch.put_catalog(kP, catalog); }),
            ErrorCode::kInternalError);
  catalog.version = 2;
  commit([&](app::StoreBatch& batch) { return batch.put_catalog(kP, catalog); });
  reopen();
  const auto current = store_->view()->catalog(kP);
  PURSER_ASSERT_OK(current);
  EXPECT_EQ(current->version, 2);
  EXPECT_EQ(current->items, catalog.items);
  EXPECT_EQ(current->products, catalog.products);
  EXPECT_EQ(store_->view()->catalog(kQ)->version, 0);
}

}  // namespace
}  // namespace purser::contract
