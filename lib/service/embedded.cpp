#include "service/embedded.hpp"

#include "store/sqlite_store.hpp"

namespace jit::service {

Embedded::Embedded(const std::string& directory, const policy::Set& policies, policy::Effect fallback)
    : m_store(store::open_sqlite(directory)), m_service(*m_store, policies, fallback) {}

}  // namespace jit::service
