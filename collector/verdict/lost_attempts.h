// How many attempts in a row must find nobody before a node is held to be gone: three, and more of one to which packets
// are lost, as its own record shows.
#pragma once

namespace loadline::collector {

class LostAttempts {
 public:
  // The node turned out to be there, after so many attempts in a row that found nobody. A long row was an outage, and
  // says nothing of packets.
  void There(int unanswered);
  // Of a node that is there, so many in a row find nobody four times in a million, each lost for itself. At
  // least 3, at most 30.
  [[nodiscard]] int Enough() const;
  // There were enough attempts to know the line by.
  [[nodiscard]] bool acquainted() const;

 private:
  // Of the last some hundred attempts; what is longer ago counts less.
  double attempts_ = 0;
  double lost_ = 0;
};

}  // namespace loadline::collector
