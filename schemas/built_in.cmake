# loadline_built_in(OUTPUT [STEMS] FUNCTION name TYPE type HEADER header NAMESPACE namespace FILES file...)
#   Writes files of one folder, as they are, into one C++ source: with it they are part of the program.
#   `const std::vector<type>& name()` gives for each its name, or its stem alone with STEMS, and its text.
function(loadline_built_in output)
  cmake_parse_arguments(ARG "STEMS" "FUNCTION;TYPE;HEADER;NAMESPACE" "FILES" ${ARGN})
  set(part NAME)
  if(ARG_STEMS)
    set(part NAME_WE)
  endif()
  set(entries)
  foreach(file ${ARG_FILES})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    get_filename_component(name ${file} ${part})
    get_filename_component(folder ${file} DIRECTORY)
    string(APPEND entries "      {\"${name}\", R\"built_in(${text})built_in\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "// Made from @folder@.
#include \"@ARG_HEADER@\"

namespace loadline::@ARG_NAMESPACE@ {

const std::vector<@ARG_TYPE@>& @ARG_FUNCTION@() {
  static const std::vector<@ARG_TYPE@> kAll = {
@entries@  };
  return kAll;
}

}  // namespace loadline::@ARG_NAMESPACE@
")
endfunction()
