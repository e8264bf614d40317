#include "schemas/base/result.h"

#include <cerrno>
#include <system_error>

namespace loadline {
namespace {

ErrorKind KindOf(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENODEV:
    case ESRCH:
      return ErrorKind::kNotFound;
    case EPERM:
    case EACCES:
    case EROFS:
      return ErrorKind::kDenied;
    case EAGAIN:
    case EINTR:
    case ECONNREFUSED:
    case ETIMEDOUT:
      return ErrorKind::kUnavailable;
    case ENOSPC:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EDQUOT:
      return ErrorKind::kExhausted;
    case EINVAL:
      return ErrorKind::kInvalid;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorKind::kUnsupported;
    default:
      return ErrorKind::kInternal;
  }
}

}  // namespace

std::unexpected<Error> SystemFailure(std::string_view doing, int error_number) {
  return Failure(KindOf(error_number),
                 std::string(doing) + ": " + std::generic_category().message(error_number));
}

}  // namespace loadline
