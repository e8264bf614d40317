#include "agent/health/atom_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<int> Found(AtomScanner& scanner, std::string_view text) {
  std::vector<int> found;
  scanner.Scan(text, found);
  return found;
}

TEST(AtomScanner, FindsEachAtomOnceInEitherCase) {
  AtomScanner scanner({"bug", "oops"});
  EXPECT_THAT(Found(scanner, "BUG: a bug is no Oops"), ElementsAre(0, 1));
  EXPECT_THAT(Found(scanner, "bu g oop s"), IsEmpty());
}

TEST(AtomScanner, FindsAtomsInsideOfAndOverOneAnother) {
  AtomScanner scanner({"she", "he", "hers", "ell"});
  EXPECT_THAT(Found(scanner, "ushers"), UnorderedElementsAre(0, 1, 2));
  EXPECT_THAT(Found(scanner, "shell"), UnorderedElementsAre(0, 1, 3));
}

TEST(AtomScanner, GoesOnWhereTheLastTextEnded) {
  AtomScanner scanner({"one\ntwo"});
  EXPECT_THAT(Found(scanner, "line one"), IsEmpty());
  EXPECT_THAT(Found(scanner, "\n"), IsEmpty());
  EXPECT_THAT(Found(scanner, "two"), ElementsAre(0));
}

TEST(AtomScanner, WithoutAtomsFindsNothing) {
  AtomScanner scanner({});
  EXPECT_THAT(Found(scanner, "anything"), IsEmpty());
}

TEST(AtomScanner, FindsWhatASearchForEachFinds) {
  std::mt19937 random(1);
  const auto word = [&](std::size_t longest) {
    std::string text(1 + random() % longest, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> atoms;
    for (int i = 0; i < 8; ++i) atoms.push_back(word(5));
    AtomScanner scanner(atoms);
    const std::string text = word(40);
    std::vector<int> expected;
    for (int i = 0; i < 8; ++i)
      if (text.find(atoms[static_cast<std::size_t>(i)]) != std::string::npos) expected.push_back(i);
    EXPECT_THAT(Found(scanner, text), ::testing::UnorderedElementsAreArray(expected)) << text;
  }
}

}  // namespace
}  // namespace loadline::agent
