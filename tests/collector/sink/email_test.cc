// E-mail against a real SMTP server with STARTTLS and authentication.
#include "collector/sink/email.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/collector/sink/sample_notification.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using sample::Firing;
using sample::kNow;
using sample::Of;
using sample::Resolved;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

EmailOptions To(const std::string& address) {
  return {.to = {address}, .from = "loadline@example.org", .host = "127.0.0.1:25"};
}

// Its header as it goes over the wire.
std::string Header(const std::vector<Alert>& alerts) {
  const Notification notification = Of(alerts, "abc");
  std::string lines;
  for (const std::string& line : EmailMessage({&notification, 1}, To("ops@example.org"), kNow).headers)
    lines += line + "\r\n";
  return lines;
}

TEST(EmailMessage, HasTheHeadersByWhichMailProgramsMakeAThread) {
  EXPECT_THAT(
      Header({Firing("app")}),
      AllOf(HasSubstr("Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"), HasSubstr("To: ops@example.org\r\n"),
            HasSubstr("Subject: [Sev2] ContainerOomKilled shop/checkout/app on n1\r\n"),
            HasSubstr("Message-ID: <abc@example.org>\r\n"), HasSubstr("References: <")));
}

TEST(EmailMessage, ALineBreakInANameForgesNoHeader) {
  Alert alert = Firing("app\r\nBcc: everybody@example.org");
  alert.rule = "X\nBcc: y@example.org";
  EXPECT_THAT(Header({alert}), Not(HasSubstr("\nBcc:")));
}

TEST(EmailMessage, ASubjectBeyondAsciiIsEncodedInPiecesOfWholeCharacters) {
  EmailOptions options = To("ops@example.org");
  options.own = {.title = *TextTemplate::Parse("12345678901234567\xc3\xbc!")};
  const Notification notification = Of({Firing("app")}, "abc");
  EXPECT_THAT(EmailMessage({&notification, 1}, options, kNow).headers,
              Contains("Subject: =?UTF-8?Q?=31=32=33=34=35=36=37=38=39=30=31=32=33=34=35=36=37?=\r\n"
                       " =?UTF-8?Q?=C3=BC=21?="));
}

TEST(EmailMessage, InOwnWordsMarksUpNothing) {
  EmailOptions options = To("ops@example.org");
  options.own = {.title = *TextTemplate::Parse("{{ .Status }}: {{ .CommonAnnotations.summary }}"),
                 .html = *TextTemplate::Parse("<b>{{ .CommonAnnotations.summary }}</b>")};
  Alert alert = Firing("app");
  alert.summary = "x\nBcc: y@example.org";
  const Notification notification = Of({alert});
  EXPECT_THAT(EmailMessage({&notification, 1}, options, kNow).headers,
              Contains("Subject: firing: x Bcc: y@example.org"));
  alert.summary = "<i>";
  const Notification marked = Of({alert});
  EXPECT_EQ(EmailMessage({&marked, 1}, options, kNow).html, "<html><body><b>&lt;i&gt;</b></body></html>");
}

TEST(EmailMessage, NamesOfPeopleAreShownAndQuotedOrEncoded) {
  EmailOptions options = To("\"Call, on\" <oncall@example.org>, J\xc3\xb6rg <joerg@example.org>");
  options.from = "Alerts <alerts@example.org>";
  const Notification notification = Of({Firing("app")}, "abc");
  const std::vector<std::string> headers = EmailMessage({&notification, 1}, options, kNow).headers;
  EXPECT_THAT(headers, Contains("From: \"Alerts\" <alerts@example.org>"));
  EXPECT_THAT(headers, Contains("To: \"Call, on\" <oncall@example.org>,\r\n =?UTF-8?Q?=4A=C3=B6=72=67?= "
                                "<joerg@example.org>"));
  EXPECT_THAT(headers, Contains("Message-ID: <abc@example.org>"));
}

TEST(EmailMessage, GoesToWhomItsLabelsName) {
  EmailOptions options = To("");
  options.to_template = *TextTemplate::Parse("{{ .GroupLabels.namespace }}@example.org");
  const Notification notification = Of({Firing("app")}, "abc");
  EXPECT_THAT(EmailMessage({&notification, 1}, options, kNow).headers, Contains("To: shop@example.org"));
  EXPECT_EQ(Email(options, SystemClock()).traits().digest, 1U) << "two need not go to the same people";
}

TEST(EmailMessage, HeadersOfTheSectionAreAddedOrTakeThePlaceOfOurs) {
  EmailOptions options = To("ops@example.org");
  options.headers = {{"Importance", *TextTemplate::Parse("{{ .Status }}")},
                     {"Reply-To", *TextTemplate::Parse("{{ .CommonAnnotations.summary }}")},
                     {"to", *TextTemplate::Parse("undisclosed")}};
  Alert alert = Firing("app");
  alert.summary = "x\r\nBcc: y@example.org";
  const Notification notification = Of({alert}, "abc");
  const std::vector<std::string> headers = EmailMessage({&notification, 1}, options, kNow).headers;
  EXPECT_THAT(headers, AllOf(Contains("Importance: firing"), Contains("Reply-To: x  Bcc: y@example.org"),
                             Contains("to: undisclosed"), Not(Contains("To: ops@example.org"))));
}

TEST(EmailMessage, LinesOfATextStayLinesAndLabelsAndLinksAreShown) {
  Alert alert = Firing("app");
  alert.reason = "VALUE = 3\nLABELS = <x>";
  alert.labels["mountpoint"] = "/data";
  alert.posted = {.annotations = {}, .generator_url = "http://prometheus/graph", .ends_at = {}};
  const Notification notification = Of({alert}, "abc");
  const MailMessage mail = EmailMessage({&notification, 1}, To("ops@example.org"), kNow);
  EXPECT_THAT(mail.text,
              AllOf(HasSubstr("why: VALUE = 3\n  LABELS = <x>\n"), HasSubstr("labels: mountpoint=/data\n"),
                    HasSubstr("Source: http://prometheus/graph\n")));
  EXPECT_THAT(mail.html, AllOf(HasSubstr("VALUE = 3<br>\nLABELS = &lt;x&gt;"),
                               HasSubstr("<a href=\"http://prometheus/graph\">Source</a>")));
  EmailOptions own = To("ops@example.org");
  own.own.text = *TextTemplate::Parse("{{ .CommonAnnotations.description }}");
  alert.posted->annotations["description"] = "one\ntwo";
  const Notification posted = Of({alert}, "abc");
  EXPECT_EQ(EmailMessage({&posted, 1}, own, kNow).text, "one\ntwo");
}

class EmailTest : public testing::Test {
 protected:
  void SetUp() override { Serve(nullptr); }
  // `manner`: an option of the server; null: none.
  void Serve(const char* manner) {
    if (std::system("/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null") != 0)
      GTEST_SKIP() << "python3-aiosmtpd is not installed";
    int out[2];
    ASSERT_EQ(pipe(out), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      // By its whole path: Python looks for its library beside what it is called by.
      execl("/usr/bin/python3", "/usr/bin/python3", "tests/support/smtp_server.py", folder_.path().c_str(),
            manner, nullptr);
      _exit(127);
    }
    close(out[1]);
    FILE* said = fdopen(out[0], "r");
    ASSERT_EQ(std::fscanf(said, "%d", &port_), 1) << "the server did not start";
    std::fclose(said);
  }
  void TearDown() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  EmailOptions Options(std::vector<std::string> to) {
    return {.to = std::move(to),
            .from = "loadline@example.org",
            .host = "127.0.0.1:" + std::to_string(port_),
            .username = "loadline",
            .password = "secret",
            .ca_file = folder_.path() + "/cert.pem",
            .timeout = 3s};
  }
  static Outcome Send(Email& sink, const Notification& notification = Of({Firing("app")}, "n1")) {
    return sink.Send({&notification, 1}, {});
  }
  // Whatever its header says.
  void Post(MailMessage message) {
    const EmailOptions options = Options({"ops@example.org"});
    SmtpAnswer answer;
    EXPECT_TRUE(SendMail({.url = "smtp://" + options.host,
                          .from = options.from,
                          .to = options.to,
                          .message = std::move(message),
                          .username = options.username,
                          .password = options.password,
                          .ca_file = options.ca_file},
                         answer))
        << answer.text;
  }
  std::string Mail(int number) {
    std::ifstream file(folder_.path() + "/mail-" + std::to_string(number) + ".eml");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
  SystemClock clock_;
  pid_t pid_ = -1;
  int port_ = 0;
};

std::string Python(const std::string& script, const std::string& path) {
  FILE* pipe = popen(("/usr/bin/python3 -c \"" + script + "\" " + path).c_str(), "r");
  std::string out;
  char piece[4096];
  while (std::size_t got = fread(piece, 1, sizeof piece, pipe)) out.append(piece, got);
  pclose(pipe);
  return out;
}

// What a mail program makes of it: subject, references, parts.
std::string Read(const std::string& path) {
  const std::string script =
      "import email,sys; from email import policy; "
      "m=email.message_from_file(open(sys.argv[1]),policy=policy.default);"
      "print(m['subject']);print(m['message-id']);print(m['references']);print(m['x-tls'],m['x-user'],m['x-"
      "envelope-to']);"
      "print([p.get_content_type() for p in "
      "m.walk()]);print(m.get_body(('plain',)).get_content());print(m.defects)";
  return Python(script, path);
}

// Names as bytes: whatever they are, the mail has its headers, its two parts, and the words as words.
TEST_F(EmailTest, WhateverAProcessIsCalledItIsNeitherHeaderNorMarkup) {
  int mails = 0;
  for (const std::string name : {"a\r\nBcc: x@evil.example\r\n\r\nbody", "a\nBcc: x@evil.example",
                                 "=?UTF-8?B?DQpCY2M6IHg=?=", "a\u2028Bcc: x\u202e",
                                 "a\xc2\x85"
                                 "Bcc: x\xff",
                                 "<script>alert(1)</script>", "\" onmouseover='x'", "--loadline-n1--"}) {
    Alert alert = Firing(name);
    alert.rule = name;
    alert.summary = alert.reason = alert.graph = name;
    Notification notification = Of({alert}, "n1");
    notification.group_labels = {{name, name}};
    for (const OwnTexts& own :
         {OwnTexts{}, OwnTexts{.title = *TextTemplate::Parse("{{ .CommonLabels.container }}"),
                               .text = *TextTemplate::Parse("{{ .CommonLabels.container }}"),
                               .html = *TextTemplate::Parse("<p>{{ .CommonLabels.container }}</p>")}}) {
      Post(EmailMessage(
          {&notification, 1},
          {.to = {"o@example.org", name + "@example.org"}, .from = "l@" + name, .host = "", .own = own},
          kNow));
      const std::string script =
          "import email,re,sys; from email import policy; m=email.message_from_file(open(sys.argv[1]),"
          "policy=policy.default); h=m.get_body(('html',)).get_content(); "
          "print(sorted(m.keys()), [p.get_content_type() for p in m.walk()], "
          "set(re.findall('<[^>]*>', h)) <= set('<html> <body> <h3> </h3> <p> </p> <b> </b> </body> </html>'"
          ".split()), 'on shown' if any(ord(c) < 32 or 127 <= ord(c) < 160 or c in '\\u202e\\u2028' "
          "for c in m['subject']) else 'clean')";
      EXPECT_EQ(Python(script, folder_.path() + "/mail-" + std::to_string(++mails) + ".eml"),
                "['Auto-Submitted', 'Content-Type', 'Date', 'From', 'In-Reply-To', 'Message-ID', "
                "'Mime-Version', 'References', 'Subject', 'To', 'X-Envelope-From', 'X-Envelope-To', 'X-Tls', "
                "'X-User'] ['multipart/alternative', 'text/plain', 'text/html'] True clean\n")
          << name;
    }
  }
}

TEST_F(EmailTest, WordsOfAnyLanguageAndLengthArriveAsTheyAre) {
  const std::string title =
      "Speicher voll: gr\xc3\xbc\xc3\x9f=?_ \xe6\xb3\xa8\xe6\x84\x8f\xe6\xb3\xa8\xe6\x84\x8f";
  EmailOptions options = Options({"ops@example.org"});
  options.own = {.title = *TextTemplate::Parse(title)};
  const Notification notification = Of({Firing("app")}, "n1");
  MailMessage message = EmailMessage({&notification, 1}, options, kNow);
  message.text = ".\n";
  while (message.text.size() < 100'000)
    message.text += "gr\xc3\xbc\xc3\x9f " + std::string(100, '.') + "\n.\n";
  message.html = "<p>" + message.text + "</p>\n";
  Post(message);
  const std::string script =
      "import email,sys; from email import policy; m=email.message_from_file(open(sys.argv[1]),"
      "policy=policy.default); print(m['subject']); "
      "[print(m.get_body((p,)).get_content(),end='') for p in ('plain','html')]";
  EXPECT_TRUE(Python(script, folder_.path() + "/mail-1.eml") == title + "\n" + message.text + message.html);
}

TEST_F(EmailTest, ArrivesOverTlsAuthenticatedAndWellFormed) {
  Email sink(Options({"ops@example.org"}), clock_);
  const Outcome outcome = Send(sink);
  ASSERT_EQ(outcome.verdict, Verdict::kDelivered) << outcome.detail;
  EXPECT_THAT(Read(folder_.path() + "/mail-1.eml"),
              AllOf(HasSubstr("[Sev2] ContainerOomKilled shop/checkout/app on n1"),
                    HasSubstr("<n1@example.org>"), HasSubstr("True loadline ops@example.org"),
                    HasSubstr("['multipart/alternative', 'text/plain', 'text/html']"),
                    HasSubstr("why: memory.events oom_kill rose from 0 to 1"), HasSubstr("[]")));
}

class ImplicitTls : public EmailTest {
 protected:
  void SetUp() override { Serve("--implicit"); }
};

TEST_F(ImplicitTls, TlsFromTheFirstByteIsSpokenOnAnyPortWhenAskedFor) {
  EmailOptions options = Options({"ops@example.org"});
  options.implicit_tls = true;
  Email sink(options, clock_);
  const Outcome outcome = Send(sink);
  ASSERT_EQ(outcome.verdict, Verdict::kDelivered) << outcome.detail;
  EXPECT_THAT(Mail(1), AllOf(HasSubstr("X-Tls: True"), HasSubstr("X-User: loadline")));
  options.ca_file.clear();
  Email stranger(options, clock_);
  EXPECT_THAT(Send(stranger).detail, HasSubstr("certificate"));
}

TEST_F(EmailTest, AWrongCertificateIsNotTrusted) {
  EmailOptions options = Options({"ops@example.org"});
  options.ca_file.clear();
  Email sink(options, clock_);
  const Outcome outcome = Send(sink);
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_EQ(outcome.retry_after, 5min) << "somebody has to mend it";
  EXPECT_THAT(outcome.detail, HasSubstr("certificate"));
  EXPECT_EQ(Mail(1), "");
}

TEST_F(EmailTest, AWrongPasswordIsSaidWithoutSayingIt) {
  EmailOptions options = Options({"ops@example.org"});
  options.password = "guess-me";
  Email sink(options, clock_);
  const Outcome outcome = Send(sink);
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_EQ(outcome.retry_after, 5min);
  EXPECT_THAT(outcome.detail, Not(HasSubstr("guess-me")));
}

TEST_F(EmailTest, GreylistingIsTriedAgainAndThenPasses) {
  Email sink(Options({"grey@example.org"}), clock_);
  const Outcome first = Send(sink);
  EXPECT_EQ(first.verdict, Verdict::kRetry);
  EXPECT_THAT(first.detail, HasSubstr("451"));
  EXPECT_EQ(Send(sink).verdict, Verdict::kDelivered);
}

TEST_F(EmailTest, ARefusedAddressIsNamedAndTheOthersAreTold) {
  Email sink(Options({"refused@example.org", "ops@example.org"}), clock_);
  const Outcome outcome = Send(sink);
  EXPECT_EQ(outcome.verdict, Verdict::kDelivered);
  EXPECT_THAT(outcome.detail, AllOf(HasSubstr("refused@example.org"), HasSubstr("550")));
  EXPECT_THAT(Mail(1), HasSubstr("X-Envelope-To: ops@example.org"));
  Email nobody(Options({"refused@example.org"}), clock_);
  EXPECT_EQ(Send(nobody).verdict, Verdict::kRefused);
}

TEST_F(EmailTest, ARetryForOneAddressIsNoSecondMailForTheOthers) {
  Email sink(Options({"ops@example.org", "grey@example.org"}), clock_);
  EXPECT_EQ(Send(sink).verdict, Verdict::kRetry);
  EXPECT_EQ(Send(sink).verdict, Verdict::kDelivered);
  EXPECT_THAT(Mail(2), HasSubstr("X-Envelope-To: grey@example.org"));
  EXPECT_EQ(Mail(3), "");
}

TEST_F(EmailTest, ARetriedDigestIsNoSecondMailForTheOthersAlsoWhenMoreHasComeToIt) {
  Email sink(Options({"ops@example.org", "grey@example.org"}), clock_);
  std::vector<Notification> digest = {Of({Firing("b")}, "b"), Of({Firing("c")}, "c")};
  EXPECT_EQ(sink.Send(digest, {}).verdict, Verdict::kRetry);
  digest.insert(digest.begin(), Of({Firing("worst", Severity::kSev0)}, "worst"));
  EXPECT_EQ(sink.Send(digest, {}).verdict, Verdict::kDelivered);
  // ops: both, then the newcomer alone; grey: both under the id they had, then the newcomer.
  const std::pair<const char*, const char*> kMails[] = {{"ops", "<b@example.org>"},
                                                        {"ops", "<worst@example.org>"},
                                                        {"grey", "<b@example.org>"},
                                                        {"grey", "<worst@example.org>"}};
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(Mail(i + 1), AllOf(HasSubstr(std::string("X-Envelope-To: ") + kMails[i].first),
                                   HasSubstr(std::string("Message-ID: ") + kMails[i].second)));
  }
  EXPECT_EQ(Mail(5), "");
}

TEST_F(EmailTest, AnAddressAtWhichTheServerHangsHoldsUpTheOthersOnce) {
  EmailOptions options = Options({"hang@example.org", "ops@example.org"});
  options.timeout = 300ms;
  Email sink(options, clock_);
  EXPECT_EQ(Send(sink).verdict, Verdict::kRetry);
  EXPECT_EQ(Send(sink).verdict, Verdict::kRetry);
  EXPECT_THAT(Mail(1), HasSubstr("X-Envelope-To: ops@example.org"));
}

TEST_F(EmailTest, AHangingServerCostsTheTimeoutAndNoMore) {
  EmailOptions options = Options({"hang@example.org"});
  options.timeout = 500ms;
  Email sink(options, clock_);
  const Mono before = clock_.Now();
  EXPECT_EQ(Send(sink).verdict, Verdict::kRetry);
  EXPECT_LT(clock_.Now() - before, 5s);
}

TEST_F(EmailTest, AllMessagesOfAGroupReferToOneRoot) {
  Email sink(Options({"ops@example.org"}), clock_);
  Notification first = Of({Firing("app")}, "first");
  Notification second = Of({Resolved("app")}, "second");
  second.group_key = first.group_key;
  ASSERT_EQ(Send(sink, first).verdict, Verdict::kDelivered);
  ASSERT_EQ(Send(sink, second).verdict, Verdict::kDelivered);
  const auto references = [](const std::string& mail) {
    const std::size_t at = mail.find("References: ");
    return mail.substr(at, mail.find('\n', at) - at);
  };
  EXPECT_EQ(references(Mail(1)), references(Mail(2)));
}

}  // namespace
}  // namespace loadline::collector
