#include "app/people.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "crypto/password.hpp"
#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

class PeopleTest : public ::testing::Test {
 protected:
  Result<User> create(const NewUser& user) {
    return world_.write<User>([&](StoreBatch& batch, AfterCommit&) {
      return people_.create_user(batch, world_.project, user);
    });
  }
  Result<User> update(const std::string& id, const UserChange& change) {
    return world_.write<User>([&](StoreBatch& batch, AfterCommit&) {
      return people_.update_user(batch, world_.project, UserId(id), change);
    });
  }
  NewUser with_password(const std::string& id, const std::string& email,
                        const std::string& password) {
    NewUser user{UserId(id), "", email};
    user.profile.password_hash = crypto::hash_password(Secret(password));
    return user;
  }
  std::string who(const std::string& email, const std::string& password) {
    const auto view = world_.store->view();
    const auto user = check_password(*view, world_.project, email, Secret(password));
    return user && *user ? (*user)->id.str() : "";
  }
  void join(const std::string& user, const std::string& team) {
    const auto made = world_.write<Membership>([&](StoreBatch& batch, AfterCommit&) {
      return people_.put_membership(batch, world_.project, TeamId(team), UserId(user), false);
    });
    ASSERT_TRUE(made.has_value());
  }
  std::string selected(const std::string& user) {
    const auto view = world_.store->view();
    const auto found = view->user(world_.project, UserId(user));
    return selected_team(*view, **found)->str();
  }

  World world_;
  People people_{world_.ids};
};

TEST_F(PeopleTest, SignInByAddressAndPassword) {
  ASSERT_TRUE(create(with_password("ann", "Ann@Example.com", "correct horse")).has_value());
  EXPECT_EQ(who("ann@example.COM", "correct horse"), "ann") << "letters of any case";
  EXPECT_EQ(who("ann@example.com", "Correct horse"), "");
  EXPECT_EQ(who("bob@example.com", "correct horse"), "");
  world_.reopen();
  EXPECT_EQ(who("ann@example.com", "correct horse"), "ann");
}

TEST_F(PeopleTest, APasswordNeedsAnAddressThatNobodyElseSignsInUnder) {
  ASSERT_TRUE(create(with_password("ann", "ann@example.com", "correct horse")).has_value());
  const auto second = create(with_password("bob", "ANN@example.com", "another horse"));
  EXPECT_EQ(second.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(second.error().details.at(0).first, "email");
  EXPECT_FALSE((*world_.store->view()->user(world_.project, UserId("bob"))).has_value());

  ASSERT_TRUE(create({UserId("bob"), "", "ann@example.com"}).has_value())
      << "without a password an address is a text";
  const auto change = UserChange{.password_hash = crypto::hash_password(Secret("x"))};
  EXPECT_EQ(update("bob", change).error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(create({UserId("carl"), "", std::nullopt}).has_value());
  EXPECT_EQ(update("carl", change).error().code, ErrorCode::kSchemaError);
}

TEST_F(PeopleTest, TheAddressAndThePasswordMayChange) {
  ASSERT_TRUE(create(with_password("ann", "ann@example.com", "first")).has_value());
  ASSERT_TRUE(update("ann", {.primary_email = "new@example.com"}).has_value());
  EXPECT_EQ(who("ann@example.com", "first"), "");
  EXPECT_EQ(who("new@example.com", "first"), "ann");
  const std::string hash = crypto::hash_password(Secret("second"));
  ASSERT_TRUE(update("ann", {.password_hash = hash}).has_value());
  EXPECT_EQ(who("new@example.com", "first"), "");
  EXPECT_EQ(who("new@example.com", "second"), "ann");
  EXPECT_EQ(update("ann", {.primary_email = std::optional<std::string>()}).error().code,
            ErrorCode::kSchemaError)
      << "the password would be without an address";
  ASSERT_TRUE(update("ann", {.password_hash = ""}).has_value());
  EXPECT_EQ(who("new@example.com", "second"), "");
  EXPECT_TRUE(create(with_password("bob", "new@example.com", "third")).has_value())
      << "the address is free again";
}

TEST_F(PeopleTest, WhoeverSignsInThroughAnIssuerHasNoPassword) {
  const auto made = world_.write<User>([&](StoreBatch& batch, AfterCommit&) -> Result<User> {
    User user{world_.project,    UserId("eve"),       "",
              "eve@example.com", "https://issuer|42", batch.now()};
    PURSER_CHECK_OK(batch.insert_user(user));
    return user;
  });
  ASSERT_TRUE(made.has_value());
  const auto change = UserChange{.password_hash = crypto::hash_password(Secret("x"))};
  EXPECT_EQ(update("eve", change).error().code, ErrorCode::kSchemaError);
  ASSERT_TRUE(update("eve", {.display_name = "Eve"}).has_value());
  EXPECT_TRUE((*world_.store->view()->user_by_subject(world_.project, "https://issuer|42")));
}

TEST_F(PeopleTest, OnlyAMemberSelectsATeamAndOnlyWhileOne) {
  world_.add_user("ann");
  world_.add_team("squad");
  EXPECT_EQ(update("ann", {.selected_team = TeamId("squad")}).error().code,
            ErrorCode::kTeamMembershipNotFound);
  join("ann", "squad");
  ASSERT_TRUE(update("ann", {.selected_team = TeamId("squad")}).has_value());
  EXPECT_EQ(selected("ann"), "squad");
  const auto left = world_.write<bool>([&](StoreBatch& batch, AfterCommit&) -> Result<bool> {
    PURSER_CHECK_OK(people_.delete_team(batch, world_.project, TeamId("squad")));
    return true;
  });
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(selected("ann"), "");
}

TEST_F(PeopleTest, AChangeLeavesWhatItDoesNotName) {
  NewUser ann{UserId("ann"), "Ann", "ann@example.com"};
  ann.profile.metadata = {"1", "2", "3"};
  ann.profile.image_url = "https://example.com/a.png";
  ann.profile.email_verified = true;
  ASSERT_TRUE(create(ann).has_value());
  UserChange change;
  change.metadata.server = "{}";
  const auto changed = update("ann", change);
  ASSERT_TRUE(changed.has_value());
  ann.profile.metadata.server = "{}";
  EXPECT_EQ(changed->profile, ann.profile);
  EXPECT_EQ(changed->display_name, "Ann");
  EXPECT_FALSE(update("ann", {.primary_email = "new@example.com"})->profile.email_verified);
}

TEST_F(PeopleTest, FixedKeysAreThoseOfTheConfiguration) {
  const ProjectId internal("internal");
  const auto fix = [&](const FixedKeys& keys) {
    const auto done =
        world_.write<bool>([&](StoreBatch& batch, AfterCommit& after) -> Result<bool> {
          PURSER_CHECK_OK(world_.projects->put_fixed_keys(batch, internal, keys, after));
          return true;
        });
    ASSERT_TRUE(done.has_value());
  };
  const auto known = [&](const std::string& text) {
    const auto key = world_.registry->key(crypto::sha256(text));
    return key && key->project == internal;
  };
  fix({});
  EXPECT_EQ(world_.registry->project(internal), nullptr) << "nothing was asked for";
  fix({Secret("client-key"), Secret("server-key"), Secret("admin-key")});
  EXPECT_NE(world_.registry->project(internal), nullptr);
  EXPECT_TRUE(known("client-key") && known("server-key") && known("admin-key"));
  fix({Secret("client-key"), Secret("server-key"), Secret("admin-key")});
  fix({Secret("client-key"), Secret("other-server-key"), {}});
  EXPECT_TRUE(known("client-key") && known("other-server-key"));
  EXPECT_FALSE(known("server-key") || known("admin-key"));
  world_.reopen();
  EXPECT_FALSE(known("server-key") || known("admin-key"));
  fix({Secret("client-key"), Secret("server-key"), {}});
  EXPECT_TRUE(known("server-key")) << "one may come back";
  fix({});
  EXPECT_FALSE(known("client-key") || known("server-key") || known("other-server-key"));
}

}  // namespace
}  // namespace purser::app::testing
