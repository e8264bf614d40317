#include "agent/kernel/kernel_btf.h"

#include <bpf/btf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace loadline::agent {
namespace {

const btf_type* SkipModifiers(const btf* types, std::uint32_t id) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type != nullptr && (btf_is_mod(type) || btf_is_typedef(type)))
    type = btf__type_by_id(types, type->type);
  return type;
}

}  // namespace

void KernelBtf::Free::operator()(btf* types) const {
  btf__free(types);
}

Result<KernelBtf> KernelBtf::Load() {
  constexpr const char* kFile = "/sys/kernel/btf/vmlinux";
  btf* types = btf__load_vmlinux_btf();
  if (types != nullptr) return KernelBtf(types);
  const int error = errno;
  if (::access(kFile, F_OK) != 0) {
    return Failure(ErrorKind::kUnsupported, "this kernel has no BTF (" + std::string(kFile) +
                                                "): it was built without CONFIG_DEBUG_INFO_BTF");
  }
  return SystemFailure("reading the kernel's BTF", error);
}

bool KernelBtf::HasFunction(const std::string& name) const {
  return btf__find_by_name_kind(types_.get(), name.c_str(), BTF_KIND_FUNC) > 0;
}

bool KernelBtf::HasTracepoint(const std::string& name) const {
  return btf__find_by_name_kind(types_.get(), ("btf_trace_" + name).c_str(), BTF_KIND_TYPEDEF) > 0;
}

bool KernelBtf::TracepointTakes(const std::string& tracepoint, const std::string& struct_name) const {
  // typedef void (*btf_trace_NAME)(void *, arguments...): the first parameter is the tracepoint's own.
  const int id = btf__find_by_name_kind(types_.get(), ("btf_trace_" + tracepoint).c_str(), BTF_KIND_TYPEDEF);
  if (id <= 0) return false;
  const btf_type* pointer = SkipModifiers(types_.get(), id);
  if (pointer == nullptr || !btf_is_ptr(pointer)) return false;
  const btf_type* prototype = SkipModifiers(types_.get(), pointer->type);
  if (prototype == nullptr || !btf_is_func_proto(prototype) || btf_vlen(prototype) < 2) return false;
  const btf_type* argument = SkipModifiers(types_.get(), btf_params(prototype)[1].type);
  if (argument == nullptr || !btf_is_ptr(argument)) return false;
  const btf_type* target = SkipModifiers(types_.get(), argument->type);
  return target != nullptr && btf_is_struct(target) &&
         struct_name == btf__name_by_offset(types_.get(), target->name_off);
}

bool KernelBtf::HasMember(const std::string& struct_name, const std::string& member) const {
  const int id = btf__find_by_name_kind(types_.get(), struct_name.c_str(), BTF_KIND_STRUCT);
  if (id <= 0) return false;
  const btf_type* type = btf__type_by_id(types_.get(), static_cast<std::uint32_t>(id));
  const btf_member* members = btf_members(type);
  return std::any_of(members, members + btf_vlen(type), [&](const btf_member& one) {
    return member == btf__name_by_offset(types_.get(), one.name_off);
  });
}

bool KernelBtf::HasIterator(const std::string& object) const {
  return HasFunction("bpf_iter_" + object);
}

}  // namespace loadline::agent
