#include "collector/alert_file/template_files.h"

#include <fmt/core.h>
#include <glob.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "collector/alert_text/text_template.h"

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

Result<std::string> TextOfFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return SystemFailure("reading " + path, errno);
  std::string text(TextTemplate::kLongest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return SystemFailure("reading " + path, errno);
  if (text.size() > TextTemplate::kLongest)
    return Failure(ErrorKind::kInvalid,
                   fmt::format("{}: longer than {} bytes", path, TextTemplate::kLongest));
  return text;
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
      const Result<std::string> text = TextOfFile(file);
      if (!text) return Failure(text.error());
      if (const Result<void> added = into.Add(*text, file); !added) return Failure(added.error());
    }
    return {};
  };
}

}  // namespace loadline::collector
