#pragma once
#include <memory>
#include <string>

#include "service/service.hpp"

namespace jit::service {

/// The use cases over the embedded store in a directory, which it opens (and makes when missing). `policies`
/// must outlive it. Throws Error with the remedy when the store cannot be used.
class Embedded {
 public:
  Embedded(const std::string& directory, const policy::Set& policies, policy::Effect fallback);
  Service& service() { return m_service; }

 private:
  std::unique_ptr<store::Store> m_store;
  Service m_service;
};

}  // namespace jit::service
