#include "server/budget.hpp"

namespace jit::server {

bool Budget::Hold::resize(const std::string& owner, std::size_t size) {
  Budget& all = m_budget;
  if (m_size > 0 && owner != m_owner) release();
  if (size <= all.m_small) {
    release();
    return true;
  }
  const auto held = all.m_by_owner.find(owner);
  const std::size_t others = held == all.m_by_owner.end() ? 0 : held->second - m_size;
  if (size > m_size && (all.m_held - m_size + size > all.m_most || others + size > all.m_most / kShares))
    return false;
  all.m_by_owner[owner] = others + size;
  all.m_held += size - m_size;
  m_owner = owner;
  m_size = size;
  return true;
}

void Budget::Hold::release() {
  if (m_size == 0) return;
  const auto held = m_budget.m_by_owner.find(m_owner);
  if ((held->second -= m_size) == 0) m_budget.m_by_owner.erase(held);
  m_budget.m_held -= m_size;
  m_size = 0;
  m_owner = {};
}

}  // namespace jit::server
