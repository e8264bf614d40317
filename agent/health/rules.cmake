# loadline_log_rules(OUTPUT FILE...) - writes rule files for the kernel's log, as they are, into one C++ source: with it
# they are part of the program.
function(loadline_log_rules output)
  set(entries)
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    get_filename_component(name ${file} NAME)
    string(APPEND entries "    {\"${name}\", R\"rules(${text})rules\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "// Made from agent/health/rules.
#include \"agent/health/built_in_rules.h\"

namespace loadline::agent {

const std::vector<BuiltInRules>& BuiltInRuleFiles() {
  static const std::vector<BuiltInRules> kAll = {
@entries@  };
  return kAll;
}

}  // namespace loadline::agent
")
endfunction()
