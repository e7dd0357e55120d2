#include "server/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <vector>

#include "util/digest.hpp"
#include "util/error.hpp"
#include "util/text.hpp"
#include "util/trusted_file.hpp"

namespace jit::server {
namespace {

constexpr std::size_t kLongestPem = 1U << 20U;

template <auto Function>
struct Free {
  template <typename Object>
  void operator()(Object* object) const {
    Function(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<::BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Free<::X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Free<::X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<::EVP_PKEY_free>>;

[[noreturn]] void wrong(const std::string& what, const std::string& path, const std::string& why,
                        const std::string& hint) {
  throw util::UsageError(what + " " + util::visible(path) + ": " + why, hint);
}

std::string last_error() {
  const char* reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  ::ERR_clear_error();
  return reason == nullptr ? "it cannot be used" : reason;
}

std::string read(const std::string& what, const std::string& path) {
  auto text = [&] {
    try {
      return util::read_trusted(path, kLongestPem);
    } catch (const util::SystemError& error) {
      throw util::UsageError(error.what(), what + " must be readable by the user who serves: ls -l " +
                                               util::visible(util::shell_quote(path)));
    }
  }();
  if (!text) wrong(what, path, "there is no such file", "a PEM file");
  return std::move(*text);
}

Bio bio_of(const std::string& text) {
  return Bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a passphrase: nobody is there to type it.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return 0;
}

std::chrono::system_clock::time_point end_of(const X509* certificate) {
  std::tm time{};
  if (::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate), &time) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

std::vector<X509Ptr> certificates_in(const std::string& what, const std::string& path) {
  const std::string text = read(what, path);
  const Bio bio = bio_of(text);
  std::vector<X509Ptr> list;
  while (X509* one = ::PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) list.emplace_back(one);
  ::ERR_clear_error();
  if (list.empty())
    wrong(what, path, "there is no certificate in it", "a PEM file: -----BEGIN CERTIFICATE-----");
  return list;
}

void use_certificate(SSL_CTX* context, const std::string& path) {
  auto list = certificates_in("the certificate", path);
  if (end_of(list.front().get()) <= std::chrono::system_clock::now())
    wrong("the certificate", path, "it has ended: no client would believe it", "get a new one");
  if (::SSL_CTX_use_certificate(context, list.front().get()) != 1)
    wrong("the certificate", path, last_error(), "the server's own comes first, then those in between");
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (::SSL_CTX_add1_chain_cert(context, list[i].get()) != 1)
      wrong("the certificate", path, last_error(), "the server's own comes first, then those in between");
  }
}

void use_key(SSL_CTX* context, const std::string& path) {
  const auto file = util::open_trusted(path);
  if (file && (file->status.st_mode & S_IROTH) != 0)
    wrong("the key", path, "everybody may read it", "chmod 600 " + util::visible(util::shell_quote(path)));
  const std::string text = read("the key", path);
  const KeyPtr key(::PEM_read_bio_PrivateKey(bio_of(text).get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) wrong("the key", path, last_error(), "a PEM file, without a passphrase");
  if (::SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    wrong("the key", path, last_error(), "it must be the certificate's");
}

void use_client_ca(SSL_CTX* context, const TlsFiles& files) {
  X509_STORE* store = ::SSL_CTX_get_cert_store(context);
  for (const X509Ptr& authority : certificates_in("client_ca", files.client_ca)) {
    ::X509_STORE_add_cert(store, authority.get());
    ::SSL_CTX_add_client_CA(context, authority.get());
  }
  if (!files.client_crl.empty()) {
    const std::string text = read("client_crl", files.client_crl);
    const Bio bio = bio_of(text);
    int count = 0;
    while (X509_CRL* one = ::PEM_read_bio_X509_CRL(bio.get(), nullptr, no_passphrase, nullptr)) {
      const CrlPtr list(one);
      if (::X509_STORE_add_crl(store, list.get()) == 1) ++count;
    }
    ::ERR_clear_error();
    if (count == 0)
      wrong("client_crl", files.client_crl, "there is no list in it", "a PEM file: openssl ca -gencrl");
    ::X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  ::SSL_CTX_set_verify(
      context, SSL_VERIFY_PEER | (files.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
      nullptr);
  // Each connection is verified anew: a list of revoked ones counts from its reload on.
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  ::SSL_CTX_set_num_tickets(context, 0);
}

std::string subject_of(X509* certificate) {
  const Bio bio(::BIO_new(::BIO_s_mem()));
  ::X509_NAME_print_ex(bio.get(), ::X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = ::BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string common_name_of(X509* certificate) {
  X509_NAME* subject = ::X509_get_subject_name(certificate);
  const int at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || ::X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return "";
  unsigned char* text = nullptr;
  const int size =
      ::ASN1_STRING_to_UTF8(&text, ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at)));
  if (size < 0) return "";
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  ::OPENSSL_free(text);
  return name;
}

// As policies name people; nothing that a certificate could smuggle into it.
bool is_user_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") ==
             std::string::npos;
}

}  // namespace

std::shared_ptr<SSL_CTX> load_tls(const TlsFiles& files) {
  if (files.certificate.empty() || files.key.empty())
    throw util::UsageError("https needs a certificate and its key", "--certificate FILE --key FILE");
  std::shared_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free);
  if (context == nullptr) throw std::bad_alloc();
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Buffers are not kept while a client waits; and what is to be sent may go in parts.
  ::SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  use_certificate(context.get(), files.certificate);
  use_key(context.get(), files.key);
  if (!files.client_ca.empty()) {
    use_client_ca(context.get(), files);
  } else if (files.require_client_certificate || !files.client_crl.empty()) {
    throw util::UsageError("clients' certificates cannot be verified without client_ca", "--client-ca FILE");
  }
  return context;
}

std::chrono::system_clock::time_point certificate_end(const SSL_CTX& tls) {
  return end_of(::SSL_CTX_get0_certificate(&tls));
}

std::optional<Certificate> client_certificate(SSL* tls) {
  const X509Ptr certificate(::SSL_get1_peer_certificate(tls));
  if (certificate == nullptr || ::SSL_get_verify_result(tls) != X509_V_OK) return std::nullopt;
  unsigned char* bytes = nullptr;
  const int size = ::i2d_X509(certificate.get(), &bytes);
  if (size < 0) return std::nullopt;
  const std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  ::OPENSSL_free(bytes);
  return Certificate{subject_of(certificate.get()), "sha256:" + util::sha256(der),
                     common_name_of(certificate.get()), end_of(certificate.get())};
}

std::optional<Caller> certificate_caller(const Certificate& certificate, const CertificateUsers& users) {
  std::string name;
  if (users.names.empty()) {
    name = certificate.common_name;
  } else {
    for (const std::string& key : {certificate.fingerprint, certificate.subject}) {
      const auto found = users.names.find(key);
      if (found == users.names.end()) continue;
      name = found->second;
      break;
    }
  }
  if (!is_user_name(name)) return std::nullopt;
  return Caller{{name, "", false}, users.scopes};
}

}  // namespace jit::server
