# loadline_table(SOURCES OUTPUT file FUNCTION name TYPE type HEADER header FOLDER folder NAMESPACE namespace ENTRIES Name...)
#   A table of things of which each has a file of its own, so that one more is that file and its name in a list.
#   Writes generated/OUTPUT, with `const std::vector<type>& name()`: what each `type namespace::Name()` gives, in this
#   order. SOURCES becomes that and, where there is a FOLDER, for each Name FOLDER/its_name.cc, which defines the function.
function(loadline_table sources)
  cmake_parse_arguments(ARG "" "OUTPUT;FUNCTION;TYPE;HEADER;FOLDER;NAMESPACE" "ENTRIES" ${ARGN})
  set(table ${CMAKE_BINARY_DIR}/generated/${ARG_OUTPUT})
  set(files ${table})
  set(declarations)
  set(calls)
  foreach(name ${ARG_ENTRIES})
    if(ARG_FOLDER)
      string(REGEX REPLACE "(.)([A-Z])" "\\1_\\2" file ${name})
      string(TOLOWER ${file} file)
      list(APPEND files ${ARG_FOLDER}/${file}.cc)
    endif()
    string(APPEND declarations "${ARG_TYPE} ${name}();\n")
    string(APPEND calls "      ${ARG_NAMESPACE}::${name}(),\n")
  endforeach()
  file(CONFIGURE OUTPUT ${table} @ONLY CONTENT "// Made from the list in CMakeLists.txt.
#include \"@ARG_HEADER@\"

namespace loadline::collector {
namespace @ARG_NAMESPACE@ {
@declarations@}  // namespace @ARG_NAMESPACE@

const std::vector<@ARG_TYPE@>& @ARG_FUNCTION@() {
  static const std::vector<@ARG_TYPE@> kAll = {
@calls@  };
  return kAll;
}

}  // namespace loadline::collector
")
  set(${sources} ${files} PARENT_SCOPE)
endfunction()
