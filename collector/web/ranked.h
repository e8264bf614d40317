// The order of a list.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace loadline::collector {

// A row with the number that it is sorted by.
template <typename Row>
struct Ranked {
  double key = 0;
  Row row;
};

// By their numbers, those with the same one by name. Sorted by name, where all numbers are the same, names go
// backwards when asked to; otherwise they never do.
template <typename Row, typename NameOf>
std::vector<Row> InOrder(std::vector<Ranked<Row>> ranked, const std::string& sort, bool descending,
                         NameOf name) {
  const bool names_backwards = sort == "name" && descending;
  std::ranges::sort(ranked, [&](const Ranked<Row>& a, const Ranked<Row>& b) {
    if (a.key != b.key) return descending ? a.key > b.key : a.key < b.key;
    return names_backwards ? name(a.row) > name(b.row) : name(a.row) < name(b.row);
  });
  std::vector<Row> rows;
  rows.reserve(ranked.size());
  for (Ranked<Row>& one : ranked) rows.push_back(std::move(one.row));
  return rows;
}

}  // namespace loadline::collector
