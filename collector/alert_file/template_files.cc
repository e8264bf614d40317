#include "collector/alert_file/template_files.h"

#include <fmt/core.h>
#include <glob.h>

#include <filesystem>

#include "collector/alert_text/text_template.h"
#include "schemas/base/text_file.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kMostFiles = 500;

std::vector<std::string> FilesNamed(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return files;
}

}  // namespace

TemplateReader TemplatesBeside(const std::string& config_file) {
  const std::filesystem::path folder = std::filesystem::path(config_file).parent_path();
  return [folder](const std::string& pattern, TemplateSet& into) -> Result<void> {
    const std::vector<std::string> files = FilesNamed((folder / pattern).string());
    if (files.size() > kMostFiles)
      return Failure(ErrorKind::kInvalid, fmt::format("'{}': more than {} files", pattern, kMostFiles));
    for (const std::string& file : files) {
      std::error_code ignored;
      if (std::filesystem::is_directory(file, ignored))
        return Failure(ErrorKind::kInvalid,
                       fmt::format("{} is a folder: name the files in it ({}/*.tmpl)", file, pattern));
      const Result<std::string> text = ReadTextFile(file, TextTemplate::kLongest);
      if (!text) return Failure(text.error());
      if (const Result<void> added = into.Add(*text, file); !added) return Failure(added.error());
    }
    return {};
  };
}

}  // namespace loadline::collector
