// What a release after this one will write: every table with a field more, and a piece of a kind that is not
// there yet. It is made of this release's schema and this release's state, both as text.
#include <flatbuffers/idl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>

#include "collector/state/piece.h"
#include "collector/store/sqlite_store.h"
#include "tests/golden/differences.h"
#include "tests/golden/golden_state.h"
#include "tests/support/temporary_folder.h"

namespace loadline::test {
namespace {

using collector::Blob;
using collector::SqliteStore;

std::string Schema() {
  std::ifstream file("schemas/state.fbs");
  return {std::istreambuf_iterator<char>(file), {}};
}

// `table X { ... }` of one line or several gets another field at its end; the union another member.
std::string FutureSchema() {
  const std::regex table(R"((table \w+ \{[^}]*)\})");
  std::string schema = std::regex_replace(Schema(), table, "$1 of_the_future: string; }");
  const std::string last = "Trial, RepairCase }";
  schema.replace(schema.find(last), last.size(), "Trial, RepairCase, Forecast }");
  const std::string before = "union Content";
  return schema.insert(schema.find(before), "table Forecast { of_the_future: string; }\n");
}

flatbuffers::IDLOptions Exactly() {
  flatbuffers::IDLOptions options;
  options.strict_json = true;
  options.indent_step = -1;
  options.allow_non_utf8 = true;
  return options;
}

class Future {
 public:
  Future() : now_(Exactly()), later_(Exactly()) {
    EXPECT_TRUE(now_.Parse(Schema().c_str())) << now_.error_;
    EXPECT_TRUE(later_.Parse(FutureSchema().c_str())) << later_.error_;
  }
  // The same piece as that release writes it.
  std::string Of(const std::string& piece) {
    std::string text;
    EXPECT_TRUE(flatbuffers::GenerateText(now_, piece.data(), &text));
    nlohmann::json json = nlohmann::json::parse(text);
    AddTo(json);
    return Bytes(json.dump());
  }
  std::string NewKind() {
    return Bytes(R"({"content_type": "Forecast", "content": {"of_the_future": "rain"}})");
  }

 private:
  static void AddTo(nlohmann::json& json) {
    if (json.is_object()) json["of_the_future"] = "not known yet";
    if (json.is_structured()) {
      for (nlohmann::json& value : json) AddTo(value);
    }
  }
  std::string Bytes(const std::string& text) {
    EXPECT_TRUE(later_.Parse(text.c_str())) << later_.error_;
    return {reinterpret_cast<const char*>(later_.builder_.GetBufferPointer()), later_.builder_.GetSize()};
  }

  flatbuffers::Parser now_;
  flatbuffers::Parser later_;
};

TEST(FutureState, LosesNothingButWhatIsNotKnownYet) {
  const TemporaryFolder folder;
  WriteGoldenState(folder.path());
  const auto shown = ShownOfState(folder.path());
  {
    Future future;
    auto store = std::move(*SqliteStore::Open(folder.path(), {}));
    std::vector<std::string> pieces;
    const auto position =
        store->LoadSnapshot([&](std::string_view piece) { pieces.push_back(future.Of(std::string(piece))); });
    ASSERT_GE(pieces.size(), 3U);
    pieces.insert(pieces.begin() + 1, future.NewKind());
    ASSERT_TRUE(position && store->ReplaceSnapshot(*position, pieces, Wall{}));
    for (const char* space : {"story", "apply"}) {
      std::vector<Blob> blobs = *store->Scan(space);
      ASSERT_FALSE(blobs.empty());
      for (Blob& blob : blobs) blob.value = future.Of(blob.value);
      ASSERT_TRUE(store->Put(blobs, Wall{}));
    }
  }
  auto expected = shown;
  expected["left_out"] = 1;
  EXPECT_EQ(Differences(expected, ShownOfState(folder.path())), "");
}

// Alerts, silences and what was told are JSON: there a field more is a name more.
TEST(FutureState, AlertsAndSilencesAreReadWithWhatIsNotKnownYet) {
  const TemporaryFolder folder;
  WriteGoldenState(folder.path());
  const auto shown = ShownOfState(folder.path());
  {
    auto store = std::move(*SqliteStore::Open(folder.path(), {}));
    std::vector<Blob> blobs = *store->Scan("alerting");
    ASSERT_GE(blobs.size(), 4U);
    for (Blob& blob : blobs) {
      nlohmann::json json = nlohmann::json::parse(blob.value);
      json["of_the_future"] = {{"not", "known yet"}};
      blob.value = json.dump();
    }
    ASSERT_TRUE(store->Put(blobs, Wall{}));
  }
  EXPECT_EQ(Differences(shown, ShownOfState(folder.path())), "");
}

}  // namespace
}  // namespace loadline::test
