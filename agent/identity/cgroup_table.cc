#include "agent/identity/cgroup_table.h"

#include <algorithm>

#include "agent/identity/cgroup_path.h"

namespace loadline::agent {
namespace {

// A hierarchy in which a path is made and removed again and again, while another keeps it, leaves a dead
// place each time. Hierarchies are fewer than this.
constexpr std::size_t kMaxPlaces = 16;

}  // namespace

std::uint32_t CgroupTable::Born(HierarchyId hierarchy, std::uint64_t kernel_id, std::string_view path) {
  const KernelName name{hierarchy, kernel_id};
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    Entry& entry = entries_.at(known->second);
    const auto place = entry.FindAlive(name);
    if (entry.path == path && place != entry.places.end()) {
      place->walk = walk_;
      return known->second;
    }
    // A death that was lost, and an id that came round again; or a cgroup that was renamed.
    Died(hierarchy, kernel_id);
  }
  if (const auto same = by_path_.find(path); same != by_path_.end()) {
    Entry& entry = entries_.at(same->second);
    if (entry.alive > 0) {
      const auto before = std::ranges::find_if(entry.places, [&](const Place& place) {
        return place.alive && place.name.hierarchy == hierarchy && place.name.id != kernel_id;
      });
      if (before != entry.places.end()) Died(hierarchy, before->name.id);
    }
    if (entry.alive > 0) {
      AddPlace(same->second, entry, name);
      return same->second;
    }
    by_path_.erase(same);
  }
  if (!MakeRoom()) return 0;
  const std::uint32_t ref = ++last_ref_;
  Entry& entry = entries_[ref];
  entry.path = path;
  by_path_[entry.path] = ref;
  changes_.born.push_back(ref);
  AddPlace(ref, entry, name);
  return ref;
}

std::vector<CgroupTable::Place>::iterator CgroupTable::Entry::FindAlive(KernelName name) {
  return std::ranges::find_if(places, [&](const Place& each) { return each.alive && each.name == name; });
}

void CgroupTable::AddPlace(std::uint32_t ref, Entry& entry, KernelName name) {
  std::erase_if(entry.places, [&](const Place& each) { return each.name == name; });
  if (entry.places.size() >= kMaxPlaces) {
    const auto dead = std::ranges::find(entry.places, false, &Place::alive);
    if (dead != entry.places.end()) {
      by_name_.erase(dead->name);
      entry.places.erase(dead);
    }
  }
  entry.places.push_back({name, true, walk_});
  ++entry.alive;
  by_name_[name] = ref;
}

void CgroupTable::Died(HierarchyId hierarchy, std::uint64_t kernel_id) {
  const KernelName name{hierarchy, kernel_id};
  const auto known = by_name_.find(name);
  if (known == by_name_.end()) return;
  Entry& entry = entries_.at(known->second);
  const auto place = entry.FindAlive(name);
  if (place == entry.places.end()) return;
  place->alive = false;
  if (--entry.alive > 0) return;
  tombstones_.push_back({known->second, now_});
  changes_.dead.push_back(known->second);
}

std::optional<std::uint32_t> CgroupTable::Find(HierarchyId hierarchy, std::uint64_t kernel_id) const {
  const auto found = by_name_.find({hierarchy, kernel_id});
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint32_t> CgroupTable::FindPath(std::string_view path) const {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return std::nullopt;
  return found->second;
}

std::optional<wire::CgroupIdentity> CgroupTable::Identity(std::uint32_t ref) const {
  const auto found = entries_.find(ref);
  if (found == entries_.end()) return std::nullopt;
  wire::CgroupIdentity identity = IdentifyCgroup(found->second.path);
  identity.ref = ref;
  return identity;
}

std::string_view CgroupTable::Path(std::uint32_t ref) const {
  const auto found = entries_.find(ref);
  return found == entries_.end() ? std::string_view() : found->second.path;
}

bool CgroupTable::IsAlive(std::uint32_t ref) const {
  const auto found = entries_.find(ref);
  return found != entries_.end() && found->second.alive > 0;
}

std::optional<KernelCgroup> CgroupTable::NameOf(std::uint32_t ref) const {
  const auto found = entries_.find(ref);
  if (found == entries_.end()) return std::nullopt;
  const auto place = std::ranges::find(found->second.places, true, &Place::alive);
  if (place == found->second.places.end()) return std::nullopt;
  return KernelCgroup{place->name.hierarchy, place->name.id};
}

void CgroupTable::Advance(Mono now) {
  now_ = now;
  while (!tombstones_.empty() && now - tombstones_.front().died > options_.tombstone) DropOldestTombstone();
}

void CgroupTable::BeginWalk(HierarchyId hierarchy) {
  walked_ = hierarchy;
  ++walk_;
}

void CgroupTable::EndWalk() {
  std::vector<KernelName> unseen;
  for (const auto& [ref, entry] : entries_) {
    for (const Place& place : entry.places) {
      if (place.alive && place.name.hierarchy == walked_ && place.walk != walk_) unseen.push_back(place.name);
    }
  }
  for (const KernelName& name : unseen) Died(name.hierarchy, name.id);
}

bool CgroupTable::HasRoomFor(std::uint64_t refused) const {
  // A table that is nearly full is not worth a walk for each cgroup that ends.
  const std::uint64_t worth_it =
      std::min<std::uint64_t>(refused, std::max<std::size_t>(options_.max_entries / 16, 1));
  return refused > 0 && options_.max_entries - alive() >= worth_it;
}

bool CgroupTable::MakeRoom() {
  if (entries_.size() < options_.max_entries) return true;
  if (tombstones_.empty()) {
    ++refused_;
    return false;
  }
  DropOldestTombstone();
  return true;
}

void CgroupTable::DropOldestTombstone() {
  const std::uint32_t ref = tombstones_.front().ref;
  tombstones_.pop_front();
  const auto entry = entries_.find(ref);
  for (const Place& place : entry->second.places) {
    const auto name = by_name_.find(place.name);
    if (name != by_name_.end() && name->second == ref) by_name_.erase(name);
  }
  const auto path = by_path_.find(entry->second.path);
  if (path != by_path_.end() && path->second == ref) by_path_.erase(path);
  entries_.erase(entry);
}

}  // namespace loadline::agent
