// What this kernel's own type information says about it. The one source for choosing a probe's form: versions
// lie, because distributions backport.
#pragma once

#include <memory>
#include <string>

#include "schemas/base/result.h"

struct btf;

namespace loadline::agent {

class KernelBtf {
 public:
  // Reads /sys/kernel/btf/vmlinux: a few megabytes and milliseconds, so it is kept only while probes are
  // opened.
  static Result<KernelBtf> Load();

  [[nodiscard]] bool HasFunction(const std::string& name) const;
  [[nodiscard]] bool HasTracepoint(const std::string& name) const;

  // Whether the tracepoint's first argument is a pointer to this struct.
  [[nodiscard]] bool TracepointTakes(const std::string& tracepoint, const std::string& struct_name) const;

  // Whether the struct has this member, not counting those of unnamed structs inside it.
  [[nodiscard]] bool HasMember(const std::string& struct_name, const std::string& member) const;

  // Whether iter/OBJECT exists.
  [[nodiscard]] bool HasIterator(const std::string& object) const;

 private:
  struct Free {
    void operator()(btf* types) const;
  };
  explicit KernelBtf(btf* types) : types_(types) {}
  std::unique_ptr<btf, Free> types_;
};

}  // namespace loadline::agent
