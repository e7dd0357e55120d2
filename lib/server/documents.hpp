#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "approval/request.hpp"
#include "server/message.hpp"

namespace jit::server {

/// Requests as they are sent. A context never changes and is most of a document: its text is made once, so
/// that many who look at one request do not each cost as much as the first.
class Documents {
 public:
  /// One request: with an ETag that tells its versions apart, and where it is.
  Reply reply(int status, const approval::View& view);
  /// Many of them; `next`: where the next page begins, "" for the last.
  Reply page(const std::vector<approval::View>& views, const std::string& next);
  /// Of a document that is about this request, about how many bytes it has.
  std::size_t size_of(const approval::Request& request) { return text_of_context(request).size(); }

 private:
  struct Text {
    std::shared_ptr<const util::Json> context;
    std::string text;
  };

  const std::string& text_of_context(const approval::Request& request);
  std::string with_context(std::string bare, const approval::Request& request);

  std::map<approval::RequestId, Text> m_texts;
  std::size_t m_size = 0;
};

}  // namespace jit::server
