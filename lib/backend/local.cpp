#include "backend/local.hpp"

#include <sys/stat.h>

#include "backend/identity.hpp"
#include "service/embedded.hpp"
#include "util/error.hpp"

namespace jit::backend {
namespace {

using approval::RequestId;
using approval::View;

class Local final : public Backend {
 public:
  Local(const std::string& directory, const policy::Set& policies, policy::Effect fallback,
        std::function<void()> told)
      : m_self(this_process()), m_embedded(directory, policies, fallback), m_told(std::move(told)) {}

  approval::Actor self() override { return m_self; }
  util::Time now() override { return m_embedded.service().now(); }
  std::variant<View, NotAsked> ask(const NewRequest& request) override {
    return noted(m_embedded.service().ask(m_self, request));
  }
  Lookup find(const std::string& id_or_prefix) override { return m_embedded.service().find(id_or_prefix); }
  std::optional<View> get(const RequestId& id) override { return m_embedded.service().get(id); }
  std::vector<View> list(const store::Filter& filter) override { return m_embedded.service().list(filter); }
  bool can_review(const View& view) override { return service::Service::can_review(view, m_self); }
  std::variant<View, Refusal, NoSuchRequest> review(
      const RequestId& id, approval::ReviewVerdict verdict, const std::string& message,
      const std::optional<approval::Signature>& signature) override {
    return noted(m_embedded.service().review(m_self, id, verdict, message, signature));
  }
  std::variant<View, Refusal, NoSuchRequest> revoke(const RequestId& id,
                                                    const std::string& message) override {
    return noted(m_embedded.service().revoke(m_self, id, message));
  }
  std::variant<View, Refusal, NoSuchRequest> withdraw(const RequestId& id) override {
    return noted(m_embedded.service().withdraw(m_self, id));
  }
  std::variant<Claimed, Refusal, NoSuchRequest> claim(const RequestId& id,
                                                      const std::shared_ptr<const util::Json>& context,
                                                      const policy::Verdict& here) override {
    return noted(m_embedded.service().claim(m_self, id, context, &here));
  }
  std::variant<View, Refusal, NoSuchRequest> report(const RequestId& id, const util::Json& outcome) override {
    return noted(m_embedded.service().report(m_self, id, outcome));
  }
  std::size_t recording_limit() override { return service::kLongestRecording; }
  void append_recording(const RequestId& id, const service::Piece& piece) override {
    const auto result = m_embedded.service().append_recording(m_self, id, piece, service::kLongestRecording);
    if (const auto* refusal = std::get_if<Refusal>(&result)) throw util::Error(refusal->text);
    if (std::holds_alternative<NoSuchRequest>(result)) throw util::Error("there is no such request any more");
  }
  std::shared_ptr<const util::Json> activity(context::Source& context,
                                             const std::optional<RequestId>& except) override {
    return std::make_shared<const util::Json>(m_embedded.service().activity(m_self, context, except));
  }
  void record_allowed(const util::Json& context, const policy::Verdict& verdict) override {
    m_embedded.service().record_allowed(m_self, context, verdict);
  }
  std::unique_ptr<store::Watch> watch(const std::optional<RequestId>& id) override {
    return m_embedded.service().watch(id);
  }

 private:
  static const approval::Request& request_of(const View& view) { return view.request; }
  static const approval::Request& request_of(const Claimed& claimed) { return claimed.view.request; }

  // What happened may be to be told.
  template <typename First, typename... Others>
  std::variant<First, Others...> noted(std::variant<First, Others...> result) const {
    const auto* changed = std::get_if<First>(&result);
    if (m_told && changed != nullptr && !request_of(*changed).requirement.notices.empty()) m_told();
    return result;
  }

  approval::Actor m_self;
  service::Embedded m_embedded;
  std::function<void()> m_told;
};

bool others_write(const std::string& directory) {
  struct stat status {};
  return ::stat(directory.c_str(), &status) != 0 || (status.st_mode & S_IWGRP) != 0;
}

}  // namespace

std::unique_ptr<Backend> open_local(const std::string& directory, const Options& options) {
  // Without policies every roster would be empty and every command judged by none: never a guess.
  if (options.policies == nullptr) throw util::Error("the embedded store was opened without policies");
  auto backend = std::make_unique<Local>(directory, *options.policies, options.fallback, options.told);
  if (others_write(directory)) {
    if (const auto why = why_not_oneself(); !why.empty()) {
      throw util::Error("the store in " + directory + " is shared, and " + why,
                        "use it from outside of the container or namespace, or ask a server");
    }
  }
  return backend;
}

}  // namespace jit::backend
