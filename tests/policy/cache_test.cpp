#include "policy/cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "policy/support.hpp"

namespace fs = std::filesystem;
using namespace jit::policy;
using namespace std::chrono_literals;

namespace {

// A directory of its own with policies and a place for the cache.
class World {
 public:
  World() {
    std::string name = fs::temp_directory_path() / "jit-policy-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    m_root = name;
    fs::create_directory(policies());
    write("a.yaml", "version: 1\nrules: [{name: a, match: {command.name: x}, effect: allow}]\n");
    write("b.yml", "version: 1\ngroups: {sre: [alice]}\n");
  }
  ~World() {
    std::error_code ignored;
    fs::remove_all(m_root, ignored);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::string root() const { return m_root; }
  std::string policies() const { return m_root + "/policies"; }
  Cache cache() const { return {m_root + "/cache/jit-run", false}; }
  std::string cache_file() const { return cache_path(cache(), policies()); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(policies() + "/" + name) << text;
  }
  Set load() const { return Set::load(policies(), cache()); }
  bool is_cached() const { return Set::load_cached(policies(), cache()).has_value(); }
  // Loads when the files are old enough to be kept.
  void fill() const {
    std::this_thread::sleep_for(150ms);
    (void)load();
    REQUIRE(is_cached());
  }

 private:
  std::string m_root;
};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void overwrite(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("a cached set says what the parsed one says") {
  const World world;
  REQUIRE_FALSE(world.is_cached());
  world.fill();
  const auto cached = Set::load_cached(world.policies(), world.cache());
  REQUIRE(cached.has_value());
  REQUIRE(judge(*cached, {"x"}).rules == std::vector<std::string>{"a"});
  REQUIRE(judge(*cached, {"x"}).effect == Effect::allow);
  REQUIRE(judge(*cached, {"y"}).effect == Effect::ask);
  REQUIRE(cached->groups().has("sre"));
  REQUIRE(cached->file_count() == 2);

  struct stat status {};
  REQUIRE(::stat(world.cache_file().c_str(), &status) == 0);
  REQUIRE((status.st_mode & 0777) == 0600);
  REQUIRE(::stat(world.cache().directory.c_str(), &status) == 0);
  REQUIRE((status.st_mode & 0777) == 0700);
  REQUIRE(std::distance(fs::directory_iterator(world.cache().directory), fs::directory_iterator()) == 1);
}

TEST_CASE("what could still change within a tick of the clock is not kept") {
  const World world;
  (void)world.load();
  REQUIRE_FALSE(fs::exists(world.cache_file()));
  SECTION("nor what comes from the future") {
    std::this_thread::sleep_for(150ms);
    const std::array<struct timespec, 2> times{{{0, UTIME_OMIT}, {::time(nullptr) + 3600, 0}}};
    REQUIRE(::utimensat(AT_FDCWD, (world.policies() + "/a.yaml").c_str(), times.data(), 0) == 0);
    std::this_thread::sleep_for(150ms);
    (void)world.load();
    REQUIRE_FALSE(fs::exists(world.cache_file()));
  }
}

TEST_CASE("a cache is stale as soon as anything about the files differs") {
  const World world;
  const std::string a = world.policies() + "/a.yaml";
  const std::string deny = "version: 1\nrules: [{name: a, match: {command.name: x}, effect: deny }]\n";
  world.fill();
  SECTION("another text") {
    world.write("a.yaml", "version: 1\nrules: [{name: a, match: {command.name: x}, effect: deny}]\n");
    REQUIRE_FALSE(world.is_cached());
    REQUIRE(judge(world.load(), {"x"}).effect == Effect::deny);
  }
  SECTION("another text of the same length and with the same time") {
    struct stat before {};
    REQUIRE(::stat(a.c_str(), &before) == 0);
    REQUIRE(deny.size() == static_cast<std::size_t>(before.st_size));
    world.write("a.yaml", deny);
    const std::array<struct timespec, 2> times{{before.st_atim, before.st_mtim}};
    REQUIRE(::utimensat(AT_FDCWD, a.c_str(), times.data(), 0) == 0);
    REQUIRE_FALSE(world.is_cached());
    REQUIRE(judge(world.load(), {"x"}).effect == Effect::deny);
  }
  SECTION("another file in its place") {
    overwrite(world.root() + "/new", read(a));
    fs::rename(world.root() + "/new", a);
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("only its time") {
    const std::array<struct timespec, 2> times{{{0, UTIME_OMIT}, {1000, 0}}};
    REQUIRE(::utimensat(AT_FDCWD, a.c_str(), times.data(), 0) == 0);
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("only its mode") {
    REQUIRE(::chmod(a.c_str(), 0600) == 0);
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("one more") {
    world.write("c.yaml", "version: 1\nrules: [{name: c, match: {command.name: x}, effect: deny}]\n");
    REQUIRE_FALSE(world.is_cached());
    REQUIRE(judge(world.load(), {"x"}).effect == Effect::deny);
  }
  SECTION("one less") {
    fs::remove(world.policies() + "/b.yml");
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("another name") {
    fs::rename(a, world.policies() + "/z.yaml");
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("what does not load") {
    world.write("a.yaml", "version: 2\n");
    REQUIRE_FALSE(world.is_cached());
    REQUIRE_THROWS_AS(world.load(), jit::yaml::LoadError);
  }
  SECTION("a directory among them") {
    fs::create_directory(world.policies() + "/sub");
    REQUIRE_FALSE(world.is_cached());
    REQUIRE_THROWS_AS(world.load(), jit::yaml::LoadError);
  }
  SECTION("files that others may write are refused, cached or not") {
    REQUIRE(::chmod(a.c_str(), 0666) == 0);
    REQUIRE_FALSE(world.is_cached());
    REQUIRE_THROWS_AS(world.load(), jit::util::UsageError);
  }
  SECTION("but a file that is no policy does not matter") {
    world.write("README", "hello");
    world.write(".hidden.yaml", "hello");
    REQUIRE(world.is_cached());
  }
}

TEST_CASE("a damaged cache is ignored") {
  const World world;
  world.fill();
  const std::string good = read(world.cache_file());
  REQUIRE(good.size() > 100);
  SECTION("cut anywhere") {
    for (std::size_t length = 0; length < good.size(); length += 7) {
      overwrite(world.cache_file(), good.substr(0, length));
      REQUIRE_FALSE(world.is_cached());
    }
  }
  SECTION("longer") {
    overwrite(world.cache_file(), good + std::string(8, '\0'));
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("any bit flipped") {
    for (std::size_t byte = 0; byte < good.size(); ++byte) {
      std::string bad = good;
      bad[byte] = static_cast<char>(bad[byte] ^ (1 << (byte % 8)));
      overwrite(world.cache_file(), bad);
      REQUIRE_FALSE(world.is_cached());
    }
  }
  SECTION("something else altogether") {
    overwrite(world.cache_file(), std::string(4096, 'x'));
    REQUIRE_FALSE(world.is_cached());
    REQUIRE(judge(world.load(), {"x"}).effect == Effect::allow);
    REQUIRE(world.is_cached());
  }
}

TEST_CASE("a cache that others may have written is ignored") {
  const World world;
  world.fill();
  SECTION("writable by a group") {
    REQUIRE(::chmod(world.cache_file().c_str(), 0620) == 0);
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("writable by all") {
    REQUIRE(::chmod(world.cache_file().c_str(), 0602) == 0);
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("a link") {
    fs::rename(world.cache_file(), world.root() + "/elsewhere");
    fs::create_symlink(world.root() + "/elsewhere", world.cache_file());
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("a FIFO") {
    fs::remove(world.cache_file());
    REQUIRE(::mkfifo(world.cache_file().c_str(), 0600) == 0);
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("a directory") {
    fs::remove(world.cache_file());
    fs::create_directory(world.cache_file());
    REQUIRE_FALSE(world.is_cached());
    REQUIRE(judge(world.load(), {"x"}).effect == Effect::allow);
  }
  SECTION("somebody else's") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(world.cache_file().c_str(), 12345, 12345) == 0);
    REQUIRE_FALSE(world.is_cached());
  }
  SECTION("in a guarded place only root's counts") {
    const Cache guarded{world.cache().directory, true};
    REQUIRE(Set::load_cached(world.policies(), guarded).has_value() == (::geteuid() == 0));
    if (::geteuid() != 0) return;
    REQUIRE(::chown(world.cache_file().c_str(), 12345, 12345) == 0);
    REQUIRE_FALSE(Set::load_cached(world.policies(), guarded).has_value());
  }
}

TEST_CASE("a guarded cache is made by root for everybody, in a directory that is there") {
  if (::geteuid() != 0) return;
  const World world;
  const Cache guarded{world.root() + "/var", true};
  std::this_thread::sleep_for(150ms);
  (void)Set::load(world.policies(), guarded);
  REQUIRE_FALSE(fs::exists(guarded.directory));
  fs::create_directory(guarded.directory);
  const mode_t before = ::umask(0077);
  (void)Set::load(world.policies(), guarded);
  ::umask(before);
  REQUIRE(Set::load_cached(world.policies(), guarded).has_value());
  struct stat status {};
  REQUIRE(::stat(cache_path(guarded, world.policies()).c_str(), &status) == 0);
  REQUIRE((status.st_mode & 0777) == 0644);
  REQUIRE(::chmod(guarded.directory.c_str(), 0777) == 0);
  fs::remove(cache_path(guarded, world.policies()));
  (void)Set::load(world.policies(), guarded);
  REQUIRE_FALSE(Set::load_cached(world.policies(), guarded).has_value());
}

TEST_CASE("a cache that cannot be kept is no reason to fail") {
  const World world;
  std::this_thread::sleep_for(150ms);
  for (const std::string& directory :
       {std::string(), world.policies() + "/a.yaml", std::string("/proc/nowhere/x")}) {
    const Set set = Set::load(world.policies(), {directory, false});
    REQUIRE(judge(set, {"x"}).effect == Effect::allow);
    REQUIRE_FALSE(Set::load_cached(world.policies(), {directory, false}).has_value());
  }
}

TEST_CASE("each path has a cache of its own") {
  const World world;
  world.fill();
  REQUIRE_FALSE(Set::load_cached(world.policies() + "/a.yaml", world.cache()).has_value());
  (void)Set::load(world.policies() + "/a.yaml", world.cache());
  REQUIRE(Set::load_cached(world.policies() + "/a.yaml", world.cache()).has_value());
  REQUIRE(world.is_cached());
}

TEST_CASE("the compiled form of 1,000 rules is read as one") {
  std::string text = "version: 1\nrules:\n";
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    text += "  - {name: rule-" + n + ", match: {command.name: cmd, command.subcommand: \"get " + n +
            "\"}, effect: allow}\n";
  }
  const Set parsed = Set::from_texts({{"p", text}});
  const auto set = Set::from_compiled(std::string(parsed.compiled_form()));
  REQUIRE(set.has_value());
  REQUIRE(judge(*set, {"cmd", "get", "999"}).rules == std::vector<std::string>{"rule-999"});
  REQUIRE(judge(*set, {"cmd", "get", "1000"}).effect == Effect::ask);
  REQUIRE_FALSE(Set::from_compiled("").has_value());
  REQUIRE_FALSE(Set::from_compiled("not that").has_value());
}
