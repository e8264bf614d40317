# loadline_scenarios(OUTPUT FILE...) - writes scenarios, as they are, into one C++ source: with it they are part of the
# program.
function(loadline_scenarios output)
  set(entries)
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    get_filename_component(name ${file} NAME_WE)
    string(APPEND entries "      {\"${name}\", R\"yaml(${text})yaml\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "// Made from collector/simulate/scenarios.
#include \"collector/simulate/scenario.h\"

namespace loadline::collector {

const std::vector<BuiltInScenario>& BuiltInScenarios() {
  static const std::vector<BuiltInScenario> kAll = {
@entries@  };
  return kAll;
}

}  // namespace loadline::collector
")
endfunction()
