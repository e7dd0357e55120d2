#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "service/service.hpp"
#include "util/error.hpp"

namespace jit::backend {

using service::Claimed;
using service::Lookup;
using service::NewRequest;
using service::NoSuchRequest;
using service::NotAsked;
using service::Refusal;

/// The backend cannot be reached now, and may be again: whoever has time to wait for it loses nothing.
class Away : public util::Error {
 public:
  using Error::Error;
};

/// What a caller minds while a backend that is elsewhere has not answered yet.
struct Attention {
  /// Readable when the answer is not wanted any more: the call then throws. -1: none.
  int interrupt = -1;
  /// Told why an answer keeps the caller waiting; one line, in the backend's words: not safe to print as it
  /// is.
  std::function<void(const std::string&)> trouble{};
};

/// Where requests are posted and decisions come from. The caller is who the backend authenticated it to be.
/// Every method throws util::Error when the backend fails or cannot be reached (Away where that may pass).
class Backend {
 public:
  using Changed = std::variant<approval::View, Refusal, NoSuchRequest>;
  virtual ~Backend() = default;
  /// Who the backend says the caller is.
  virtual approval::Actor self() = 0;
  virtual util::Time now() = 0;
  virtual std::variant<approval::View, NotAsked> ask(const NewRequest& request) = 0;
  virtual Lookup find(const std::string& id_or_prefix) = 0;
  virtual std::optional<approval::View> get(const approval::RequestId& id) = 0;
  virtual std::vector<approval::View> list(const store::Filter& filter) = 0;
  virtual bool can_review(const approval::View& view) = 0;
  virtual Changed review(const approval::RequestId& id, approval::ReviewVerdict verdict,
                         const std::string& message, const std::optional<approval::Signature>& signature) = 0;
  virtual Changed revoke(const approval::RequestId& id, const std::string& message) = 0;
  virtual Changed withdraw(const approval::RequestId& id) = 0;
  /// `here`: what the policies of this process say of the action now. Where they count only signed approvals,
  /// no permit is made before the signatures were verified by this process, whatever the backend says.
  virtual std::variant<Claimed, Refusal, NoSuchRequest> claim(
      const approval::RequestId& id, const std::shared_ptr<const util::Json>& context,
      const policy::Verdict& here) = 0;
  virtual Changed report(const approval::RequestId& id, const util::Json& outcome) = 0;
  /// How long the recording of a session may be; 0 where this backend keeps none.
  virtual std::size_t recording_limit() = 0;
  /// Adds to a recording. Throws also where it is refused.
  virtual void append_recording(const approval::RequestId& id, const service::Piece& piece) = 0;
  /// The section `activity` of a context, but for one request; nullptr where it is not known on this side.
  virtual std::shared_ptr<const util::Json> activity(context::Source&,
                                                     const std::optional<approval::RequestId>&) {
    return nullptr;
  }
  virtual void record_allowed(const util::Json& context, const policy::Verdict& verdict) = 0;
  virtual std::unique_ptr<store::Watch> watch(const std::optional<approval::RequestId>& id) = 0;
  /// From now on. A backend that answers at once has nothing to do.
  virtual void attend(const Attention&) {}
};

/// What a backend needs to know.
struct Options {
  std::string url;              // "local", "local:/srv/jit"
  std::string state_directory;  // where "local" without a directory keeps its store
  const policy::Set* policies = nullptr;
  policy::Effect fallback = policy::Effect::ask;
  std::string helper_path{};  // where helpers are besides the installation's own; empty: nowhere
  std::map<std::string, std::string> settings{};  // what a helper is told: token_file, ca_file, ...
  Attention attention{};                          // until `attend`
  /// Called when the embedded store has something new to tell somebody.
  std::function<void()> told{};
};

/// Opens the backend that the URL's scheme names: the embedded store, or a helper program. Throws UsageError
/// for a scheme that has none.
std::unique_ptr<Backend> open(const Options& options);

/// The directory of the embedded store that a URL names; nullopt when the URL is not local (jit-audit reads
/// it directly).
std::optional<std::string> local_directory(const std::string& url, const std::string& state_directory);

}  // namespace jit::backend
