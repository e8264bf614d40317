#include "collector/sink/mailbox.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

std::vector<std::string> Read(const std::string& list) {
  const Result<std::vector<Mailbox>> mailboxes = ParseMailboxes(list);
  if (!mailboxes) return {"bad"};
  std::vector<std::string> words;
  for (const Mailbox& mailbox : *mailboxes) words.push_back(mailbox.name + "|" + mailbox.address);
  return words;
}

TEST(Mailboxes, AreReadAsPeopleWriteThem) {
  using testing::ElementsAre;
  EXPECT_THAT(Read("a@b.org"), ElementsAre("|a@b.org"));
  EXPECT_THAT(Read("a@b.org,c@d.org , "), ElementsAre("|a@b.org", "|c@d.org"));
  EXPECT_THAT(Read("On call <a@b.org>"), ElementsAre("On call|a@b.org"));
  EXPECT_THAT(Read("\"Doe, \\\"J\\\"\" <a@b.org>, <c@d.org>"), ElementsAre("Doe, \"J\"|a@b.org", "|c@d.org"));
  EXPECT_THAT(Read("J\xc3\xb6rg <a@b.org>"), ElementsAre("J\xc3\xb6rg|a@b.org"));
  EXPECT_THAT(Read(""), testing::IsEmpty());
}

TEST(Mailboxes, ThatAreNoneAreRefused) {
  for (const char* bad : {"a", "@b", "a@", "a b@c", "A <a@b", "\"A <a@b>", "A <a@b> c", "a@b@c",
                          "a@b\r\nBcc: x", "A <a@b\r\n>", "a@b;c@d", "<>"}) {
    EXPECT_THAT(Read(bad), testing::ElementsAre("bad")) << bad;
  }
}

}  // namespace
}  // namespace loadline::collector
