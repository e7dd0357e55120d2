#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "server/caller.hpp"

struct ssl_st;
struct ssl_ctx_st;  // OpenSSL's, without its headers

namespace jit::server {

/// PEM files, read anew with each reload. Empty: none.
struct TlsFiles {
  std::string certificate;  // the server's, then those in between
  std::string key;
  std::string client_ca;   // who vouches for clients' certificates
  std::string client_crl;  // which of those are not good any more
  bool require_client_certificate = false;
};

/// TLS 1.2 or newer. Throws UsageError for files that are not what they should be, that others may write, or,
/// of a key, read.
std::shared_ptr<ssl_ctx_st> load_tls(const TlsFiles& files);

/// When the server's own certificate ends.
std::chrono::system_clock::time_point certificate_end(const ssl_ctx_st& tls);

/// What names a client's certificate.
struct Certificate {
  std::string subject;                          // RFC 2253: "CN=alice,O=Example"
  std::string fingerprint;                      // "sha256:" and 64 hexadecimal digits
  std::string common_name;                      // empty when there is none, or more than one
  std::chrono::system_clock::time_point until;  // notAfter
};
/// The verified one of the other end; nullopt when it has sent none.
std::optional<Certificate> client_certificate(ssl_st* tls);

/// Whom certificates stand for.
struct CertificateUsers {
  /// By subject or fingerprint. Empty: the common name is the user's.
  std::map<std::string, std::string> names;
  std::set<Scope> scopes{Scope::request, Scope::review};
};
/// nullopt for a certificate that stands for nobody.
std::optional<Caller> certificate_caller(const Certificate& certificate, const CertificateUsers& users);

}  // namespace jit::server
