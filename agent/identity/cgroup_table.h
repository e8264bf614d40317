// The agent's numbers for cgroups, and whom they mean; also for those that are gone.
//
// One entry for one path, however many hierarchies have it. An entry is dead when the last hierarchy has lost
// it, and is kept for a minute as a tombstone, so that an event that comes late still finds its name. The
// number of entries is bounded: when there is no more room the oldest tombstone goes first, and when there is
// none a birth is refused and counted. Not thread-safe: the agent's loop owns it.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/signal/cgroup_index.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

class CgroupTable final : public CgroupIndex {
 public:
  struct Options {
    Duration tombstone = std::chrono::seconds(60);
    // More than a node has: 110 pods make about 500. An entry costs about 400 bytes.
    std::size_t max_entries = 16'384;
  };
  explicit CgroupTable(Options options) : options_(options) {}
  CgroupTable() : CgroupTable(Options{}) {}
  CgroupTable(const CgroupTable&) = delete;
  CgroupTable& operator=(const CgroupTable&) = delete;

  std::uint32_t Born(HierarchyId hierarchy, std::uint64_t kernel_id, std::string_view path) override;
  void Died(HierarchyId hierarchy, std::uint64_t kernel_id) override;
  [[nodiscard]] std::optional<std::uint32_t> Find(HierarchyId hierarchy,
                                                  std::uint64_t kernel_id) const override;
  [[nodiscard]] std::optional<std::uint32_t> FindPath(std::string_view path) const override;

  // Absent when the ref was never given or its tombstone is gone.
  [[nodiscard]] std::optional<wire::CgroupIdentity> Identity(std::uint32_t ref) const;
  // Empty when absent. Valid until the next call that changes the table.
  [[nodiscard]] std::string_view Path(std::uint32_t ref) const;
  [[nodiscard]] bool IsAlive(std::uint32_t ref) const;
  // One of the kernel's names of it, by which Find finds it. Absent when it is gone.
  [[nodiscard]] std::optional<KernelCgroup> NameOf(std::uint32_t ref) const;

  // Moves the table's time on: tombstones older than the option are dropped. Deaths are dated by the last
  // call.
  void Advance(Mono now);
  // The refs that were born and that died since the last call. What did both is in both.
  struct Changes {
    std::vector<std::uint32_t> born;
    std::vector<std::uint32_t> dead;
  };
  [[nodiscard]] Changes TakeChanges() { return std::exchange(changes_, {}); }

  // Takes a full walk of a hierarchy for the truth, and so repairs what lost births and deaths left behind:
  //   table.BeginWalk(hierarchy);
  //   for (folder : folders) table.Born(hierarchy, folder.id, folder.path);
  //   table.EndWalk();
  // What the walk did not bring has died. No event may come between.
  void BeginWalk(HierarchyId hierarchy);
  void EndWalk();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t alive() const { return entries_.size() - tombstones_.size(); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  // Whether so many that were refused, or a good part of them, would find room now.
  [[nodiscard]] bool HasRoomFor(std::uint64_t refused) const;

 private:
  struct KernelName {
    HierarchyId hierarchy;
    std::uint64_t id;
    bool operator==(const KernelName&) const = default;
  };
  struct KernelNameHash {
    std::size_t operator()(const KernelName& name) const {
      return static_cast<std::size_t>((name.id * 0x9E3779B97F4A7C15U) ^
                                      (std::uint64_t{name.hierarchy} << 56));
    }
  };
  struct Place {
    KernelName name;
    bool alive;
    std::uint32_t walk;  // the last one that saw it
  };
  struct Entry {
    std::string path;
    std::vector<Place> places;
    int alive = 0;  // places that are
    std::vector<Place>::iterator FindAlive(KernelName name);
  };
  struct Tombstone {
    std::uint32_t ref;
    Mono died;
  };

  bool MakeRoom();
  void AddPlace(std::uint32_t ref, Entry& entry, KernelName name);
  void DropOldestTombstone();

  Options options_;
  // Entries do not move in an unordered_map, so the views of their paths stay good.
  std::unordered_map<std::uint32_t, Entry> entries_;
  std::unordered_map<KernelName, std::uint32_t, KernelNameHash> by_name_;
  std::unordered_map<std::string_view, std::uint32_t> by_path_;
  std::deque<Tombstone> tombstones_;  // oldest first
  Changes changes_;
  HierarchyId walked_ = 0;
  std::uint32_t walk_ = 0;
  std::uint32_t last_ref_ = 0;
  std::uint64_t refused_ = 0;
  Mono now_{};
};

}  // namespace loadline::agent
