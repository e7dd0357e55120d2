#include "signature/ssh_keygen.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "signature/armor.hpp"
#include "signature/public_key.hpp"
#include "signature/statement.hpp"
#include "signature/tool.hpp"
#include "util/error.hpp"
#include "util/fd.hpp"
#include "util/text.hpp"

namespace jit::signature {
namespace {

constexpr const char* kProgram = "/usr/bin/ssh-keygen";
constexpr util::Millis kForAnAnswer{10'000};
constexpr std::size_t kLargestSignature = 64U << 10U;

Ended run_ssh_keygen(Run run) {
  run.program = kProgram;
  run.argv.insert(run.argv.begin(), "ssh-keygen");
  try {
    return run_tool(run);
  } catch (const util::SystemError& error) {
    throw util::Error(std::string("signatures need OpenSSH's ssh-keygen: ") + error.what(),
                      "install it: apt-get install openssh-client");
  }
}

// 2026-11-22T10:14:00.123Z as ssh-keygen reads it: 20261122101400Z.
std::string verify_time(util::Time at) {
  std::string text;
  for (const char c : util::to_rfc3339(at).substr(0, 19)) {
    if (c >= '0' && c <= '9') text += c;
  }
  return text + "Z";
}

// A directory that only this user can look into, removed with what is in it.
class PrivateDirectory {
 public:
  // Not in TMPDIR: who can rename what is in it could put another text there before it is signed.
  PrivateDirectory() : m_path("/tmp/jit-sign-XXXXXX") {
    if (::mkdtemp(m_path.data()) == nullptr) throw util::SystemError(errno, util::visible(m_path));
  }
  ~PrivateDirectory() {
    std::error_code unimportant;
    std::filesystem::remove_all(m_path, unimportant);
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  std::string file(const char* name) const { return m_path + "/" + name; }

 private:
  std::string m_path;
};

void write_file(const std::string& path, const std::string& text) {
  const util::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || !util::write_all(fd.get(), text)) throw util::SystemError(errno, util::visible(path));
}

std::vector<std::string> own_environment() {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

void require_key(const std::string& key) {
  if (::access(key.c_str(), R_OK) == 0) return;
  throw util::UsageError(
      std::string("signing_key: ") + util::SystemError(errno, util::visible(key)).what(),
      "name your private key; or your public key (.pub), when the agent has the private one");
}

std::string what_to_do(const std::string& key) {
  const bool is_public = key.ends_with(".pub");
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (is_public && ::getenv("SSH_AUTH_SOCK") == nullptr)
    return "no agent runs (SSH_AUTH_SOCK is not set): start one, eval $(ssh-agent), and ssh-add your key";
  if (is_public) return "does the agent have this key? ssh-add -L lists what it has, ssh-add adds one";
  return "was the passphrase right? Then run it again; else try ssh-keygen -Y sign -n " +
         std::string(kNamespace) + " -f " + util::shell_quote(key) + " < /dev/null";
}

// Never check-novalidate, which takes any key, and never a time of the signer's.
bool verifies(const std::string& text, const std::string& signature, const std::string& person,
              const Authority& authority, util::Time at) {
  Run run;
  run.argv = {"-Y",
              "verify",
              "-I",
              person,
              "-n",
              std::string(kNamespace),
              "-f",
              "/dev/fd/3",
              "-s",
              "/dev/fd/4",
              "-Overify-time=" + verify_time(at)};
  run.documents = {authority.allowed.text, signature};
  if (!authority.revoked.empty()) {
    run.argv.insert(run.argv.end(), {"-r", "/dev/fd/5"});
    run.documents.push_back(authority.revoked);
  }
  run.input = text;
  run.environment = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
  run.within = kForAnAnswer;
  return run_ssh_keygen(run).code == 0;
}

// What did not verify.
struct Refused {
  const std::string &text, &signature, &person;
  const Authority& authority;
  util::Time at;
};

// Which of its conditions it fails, found out by leaving one out at a time: ssh-keygen's own words are for
// people. It decides nothing any more.
std::string in_words(const Refused& refused) {
  const auto& [text, signature, person, authority, at] = refused;
  const std::string key = key_of_signature(signature);
  const bool by_certificate = is_certificate(key);
  if (!by_certificate && !names_key(authority.allowed, person, key))
    return "no line of the allowed signers names this key for " + person;
  if (!authority.revoked.empty() && verifies(text, signature, person, {authority.allowed, ""}, at))
    return "this key is revoked";
  if (by_certificate)
    return "its certificate is none for " + person +
           " by an authority of the allowed signers that is valid now and not revoked, or it is over "
           "something "
           "else than this request, action, verdict and message";
  if (verifies(text, signature, person, {without_times(authority.allowed), ""}, at))
    return "the line of the allowed signers that names this key for " + person + " is not valid at " +
           util::to_rfc3339(at);
  return "it is over something else than this request, action, verdict and message";
}

}  // namespace

std::string sign(const std::string& text, const std::string& key) {
  require_key(key);
  // On a pipe ssh-keygen could not ask for a passphrase: so the text is in a file.
  const PrivateDirectory directory;
  const std::string file = directory.file("review");
  write_file(file, text);
  Run run;
  run.argv = {"-q", "-Y", "sign", "-n", std::string(kNamespace), "-f", key, file};
  run.environment = own_environment();
  run.quiet = false;
  const Ended ended = run_ssh_keygen(run);
  const util::Fd made(::open((file + ".sig").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (ended.code != 0 || !made)
    throw util::Error("nothing was signed with " + util::visible(key), util::visible(what_to_do(key)));
  std::string signature = util::read_all(made.get(), kLargestSignature, file).value_or("");
  if (const std::string why = why_malformed(signature); !why.empty())
    throw util::UsageError("the signature would not count: " + why, "set signing_key to another key");
  return signature;
}

std::string why_invalid(const std::string& text, const std::string& signature, const std::string& person,
                        const Authority& authority, util::Time at) {
  if (std::string why = why_malformed(signature); !why.empty()) return why;
  if (!authority.allowed.people.contains(person)) return "the allowed signers do not name " + person;
  if (verifies(text, signature, person, authority, at)) return "";
  return in_words({text, signature, person, authority, at});
}

}  // namespace jit::signature
