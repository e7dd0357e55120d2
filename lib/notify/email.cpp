// E-mail: plain text and HTML, each in base64, so that no line of it can be a header, an end or a boundary.
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "notify/channel.hpp"
#include "notify/escape.hpp"
#include "util/base64.hpp"
#include "util/text.hpp"

namespace jit::notify {
namespace {

constexpr std::size_t kLine = 76;
constexpr const char* kBoundary = "=_jit-run";  // base64 has no "_"

std::string in_lines(const std::string& text) {
  const std::string all = util::base64(text);
  std::string lines;
  for (std::size_t at = 0; at < all.size(); at += kLine) lines += all.substr(at, kLine) + "\r\n";
  return lines;
}

// RFC 2047: words of at most 75 characters, none ending within a character.
std::string header_text(const std::string& text) {
  constexpr std::size_t kWord = 42;  // bytes; 56 characters in base64
  std::string words;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::size_t end = std::min(kWord, rest.size());
    while (end < rest.size() && (static_cast<unsigned char>(rest[end]) & 0xc0U) == 0x80U) --end;
    words += (words.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") + util::base64(rest.substr(0, end)) + "?=";
    rest.remove_prefix(end);
  }
  return words;
}

// RFC 5322, in the C locale's words whatever this process's is.
std::string date_of(util::Time time) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string text = util::to_rfc3339(time);  // 2026-11-22T10:14:00.123Z
  const auto day = std::chrono::weekday(std::chrono::floor<std::chrono::days>(time));
  return std::string(kDays.at(day.c_encoding())) + ", " + text.substr(8, 2) + " " +
         kMonths.at(static_cast<std::size_t>(std::stoi(text.substr(5, 2)) - 1)) + " " + text.substr(0, 4) +
         " " + text.substr(11, 8) + " +0000";
}

std::string html_of(const Message& message) {
  std::string text = "<!DOCTYPE html><html><body><h3>" + html(message.title) + "</h3><pre>" +
                     html(message.command) + "</pre><table>";
  for (const auto& [name, value] : message.facts)
    text += "<tr><th align=\"left\">" + html(name) + "</th><td>" + html(value) + "</td></tr>";
  text += "</table><p>" + html(message.next) + "</p><pre>";
  for (const auto& line : message.lines) text += html(line) + "\n";
  text += "</pre>";
  if (!message.link.empty())
    text += "<p><a href=\"" + html(message.link) + "\">" + html(message.link) + "</a></p>";
  return text + "</body></html>\n";
}

std::string part(const char* type, const std::string& text) {
  return std::string("--") + kBoundary + "\r\nContent-Type: " + type +
         "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + in_lines(text) + "\r\n";
}

}  // namespace

Parcel pack_email(const Sending& sending) {
  const Message& message = sending.message;
  Mail mail;
  mail.server = setting(sending.settings, "server");
  mail.ca_file = setting(sending.settings, "ca_file");
  mail.user = setting(sending.settings, "user");
  if (!mail.user.empty()) mail.password = secret(sending, "password");
  mail.from = setting(sending.settings, "from");
  mail.to = sending.settings.at("to").get<std::vector<std::string>>();
  const std::string thread = "<" + (message.request.empty() ? "test" : message.request) + "@jit-run.invalid>";
  mail.text = "From: <" + mail.from + ">\r\nTo: <" + util::join(mail.to, ">,\r\n <") +
              ">\r\nSubject: " + header_text(headline(message, 160)) + "\r\nDate: " + date_of(message.at) +
              "\r\nMessage-ID: <" + message.id + "@jit-run.invalid>\r\nIn-Reply-To: " + thread +
              "\r\nReferences: " + thread +
              "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
              "Content-Type: multipart/alternative; boundary=\"" +
              kBoundary + "\"\r\n\r\n" + part("text/plain", plain_text(message)) +
              part("text/html", html_of(message)) + "--" + kBoundary + "--\r\n";
  return mail;
}

}  // namespace jit::notify
