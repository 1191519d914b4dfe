#include "cli/settings.h"

#include <doctest/doctest.h>

#include <map>

namespace dandori::cli {

namespace {

Environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace

TEST_CASE("the environment wins over the user's file, the user's file over the system's") {
  const Settings settings{
      environment_of({{"DANDORI_LISTEN", "127.0.0.1:1"}}),
      {{"/etc/dandori/dandori.yaml", "listen: 127.0.0.1:2\ntz: UTC\nslots: 8\n"},
       {"/home/a/.config/dandori/dandori.yaml", "# mine\ntz: Asia/Tokyo\n"}}};
  CHECK(settings.problems().empty());
  CHECK(settings.find("listen")->value == "127.0.0.1:1");
  CHECK(settings.find("listen")->where == "DANDORI_LISTEN");
  CHECK(settings.find("tz")->value == "Asia/Tokyo");
  CHECK(settings.find("tz")->where == "/home/a/.config/dandori/dandori.yaml:2");
  CHECK(settings.find("slots")->value == "8");
  CHECK(settings.find("slots")->where == "/etc/dandori/dandori.yaml:3");
  CHECK_FALSE(settings.find("work"));
  CHECK(settings.from_file("listen") == "127.0.0.1:2");
}

TEST_CASE("every key has one variable, by rule") {
  CHECK(variable_of("listen") == "DANDORI_LISTEN");
  CHECK(variable_of("running_max") == "DANDORI_RUNNING_MAX");
}

TEST_CASE("what is wrong in a file is told with its place") {
  Settings settings{
      environment_of({}),
      {{"a.yaml", "listne: x\nslots: [1]\n"}, {"b.yaml", "- 1\n"}, {"c.yaml", "a: [\n"}}};
  settings.check_keys({"listen", "slots"});
  REQUIRE(settings.problems().size() == 4);
  CHECK(settings.problems()[0].message.starts_with("a.yaml:2: 'slots' is not one value"));
  CHECK(settings.problems()[1].message.starts_with("b.yaml:1: a configuration is a map"));
  CHECK(settings.problems()[2].message.starts_with("c.yaml:"));
  CHECK(settings.problems()[3].code == "config.unknown_key");
  CHECK(settings.problems()[3].message == "a.yaml:1: there is no key 'listne'");
  CHECK(settings.problems()[3].hint == "did you mean 'listen'?");
}

TEST_CASE("the user's folder follows XDG") {
  CHECK(user_config_folder(environment_of({{"HOME", "/home/a"}})) == "/home/a/.config/dandori");
  CHECK(user_config_folder(environment_of({{"HOME", "/home/a"}, {"XDG_CONFIG_HOME", "/x"}})) ==
        "/x/dandori");
  CHECK(user_config_folder(environment_of({})).empty());
}

}  // namespace dandori::cli
