#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "keeper/host.h"
#include "keeper/keeper.h"

/// For the keeper's tests: a data folder of its own, real processes, and waiting for conditions.
namespace dandori::keeper::test {

inline model::AttemptRef attempt(std::uint32_t number) {
  return {RunId{Uuid{0x0192'0000'0000'7000ULL, 0x8000'0000'0000'0001ULL}}, 0, number};
}

/// One host: a folder that outlives the keepers opened on it.
class Host {
 public:
  explicit Host(std::uint32_t slots = 8, std::uint32_t running_max = 8) {
    std::string pattern = "/tmp/dandori_keeper_XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    config.data = pattern;
    config.slots = slots;
    config.running_max = running_max;
  }
  ~Host() {
    keeper.reset();
    std::error_code ignored;
    std::filesystem::remove_all(config.data, ignored);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Keeper& open() {
    keeper.reset();
    Result<std::unique_ptr<Keeper>> opened =
        Keeper::open(config, {[this](const Report& report) { reports.push_back(report); },
                              [this](const model::AttemptRef&) { ++grew; }});
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
    keeper = std::move(*opened);
    keeper->session_opened();
    return *keeper;
  }

  model::StartOrder order(std::uint32_t number, std::vector<std::string> argv) {
    model::StartOrder order;
    order.attempt = attempt(number);
    order.boot_id = keeper->hello().boot_id;
    order.sequence = number;
    order.argv = std::move(argv);
    return order;
  }
  model::StartOrder shell(std::uint32_t number, std::string script) {
    return order(number, {"/bin/sh", "-c", std::move(script)});
  }
  void start(model::StartOrder order) { keeper->start(std::move(order)); }

  /// Steps the keeper until `condition` holds; false after 30 s.
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      keeper->step(Duration{10'000});
    }
    return true;
  }

  template <class T>
  const T* find(std::uint32_t number) const {
    for (const Report& report : reports) {
      const T* one = std::get_if<T>(&report);
      if (one != nullptr && one->attempt == attempt(number)) return one;
    }
    return nullptr;
  }
  template <class T>
  std::size_t count(std::uint32_t number) const {
    std::size_t found = 0;
    for (const Report& report : reports) {
      const T* one = std::get_if<T>(&report);
      found += one != nullptr && one->attempt == attempt(number) ? 1 : 0;
    }
    return found;
  }
  /// The end of the attempt, waited for.
  model::AttemptEnded ended(std::uint32_t number) {
    REQUIRE(until([&] { return find<model::AttemptEnded>(number) != nullptr; }));
    return *find<model::AttemptEnded>(number);
  }
  /// Starts it and waits for its end.
  model::AttemptEnded finish(model::StartOrder order) {
    const std::uint32_t number = order.attempt.number;
    start(std::move(order));
    return ended(number);
  }
  std::string log(std::uint32_t number) {
    std::string all;
    for (;;) {
      const model::LogChunk chunk = keeper->read_log({1, attempt(number), all.size(), 65536});
      REQUIRE(chunk.error == "");
      all += chunk.bytes;
      if (chunk.complete || chunk.bytes.empty()) return all;
    }
  }
  std::string path(const std::string& name) const { return config.data + "/" + name; }
  bool exists(const std::string& name) const { return ::access(path(name).c_str(), F_OK) == 0; }

  Config config;
  std::vector<Report> reports;
  std::size_t grew = 0;
  std::unique_ptr<Keeper> keeper;
};

}  // namespace dandori::keeper::test
