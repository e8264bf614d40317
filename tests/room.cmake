# loadline_room(NAME [SOURCES ...] [USES room...] [LIBRARIES target...] [TESTS file...] [TEST_USES room...])
#   One room of the house: a static library `NAME`, and one test program `NAME_test` of all its TESTS, whose cases
#   are registered with ctest one by one. A room without sources is a set of headers.
#
# loadline_program(NAME SOURCES ... [USES ...] [LIBRARIES ...])
#   A binary in bin/. The target loadline_programs builds all of them, and no tests.
# loadline_tests(NAME SOURCES ... [USES ...] [LIBRARIES ...] [SERIAL] [TIMEOUT seconds] [FIXTURE name])
#   Tests that belong to no single room: scenario, kernel, end to end. SERIAL: nothing else runs beside them.
#   FIXTURE: what has to be up while they run, see loadline_fixture; one of those that need it runs at a time.
# loadline_script_test(NAME COMMAND ... [NEEDS target...] [SERIAL] [TIMEOUT seconds] [FIXTURE name])
#   A test that is a program of its own. Exit 77 is "skipped", and its last line says why. NEEDS: what has to be built
#   before it, or `nothing`; everything unless it says so.
# loadline_fixture(NAME SETUP test CLEANUP test)
#   Two script tests that bring up and take down what tests with FIXTURE NAME need; ctest runs them around those.
#
# Each test program's name is a label of its tests. tests.map in the build folder says what a test needs built: a line
# each with name, targets and sources, between tabs. tests/support/select_tests.py reads it.
file(WRITE ${CMAKE_BINARY_DIR}/tests.map "")

function(loadline_map name targets sources)
  list(JOIN targets " " targets)
  list(JOIN sources " " sources)
  file(APPEND ${CMAKE_BINARY_DIR}/tests.map "${name}\t${targets}\t${sources}\n")
endfunction()

function(loadline_register_gtest program)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT;FIXTURE" "" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  set(properties TIMEOUT ${ARG_TIMEOUT} LABELS ${program} FIXTURES_REQUIRED "${ARG_FIXTURE}" RESOURCE_LOCK "${ARG_FIXTURE}")
  if(ARG_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(${program} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
  get_target_property(sources ${program} LOADLINE_SOURCES)
  loadline_map(${program} ${program} "${sources}")
endfunction()

# A library or a program of these sources, some of them compiled together: LOADLINE_SOURCES are the sources themselves.
function(loadline_target kind name)
  loadline_batched(compiled ${name} ${ARGN})
  if(kind STREQUAL library)
    add_library(${name} STATIC ${compiled})
  else()
    add_executable(${name} ${compiled})
  endif()
  set_target_properties(${name} PROPERTIES LOADLINE_SOURCES "${ARGN}")
endfunction()

function(loadline_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES;TESTS;TEST_USES" ${ARGN})
  if(ARG_SOURCES)
    loadline_target(library ${name} ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC ${ARG_USES} ${ARG_LIBRARIES})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_USES} ${ARG_LIBRARIES})
  endif()
  if(ARG_TESTS)
    loadline_target(program ${name}_test ${ARG_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_USES} GTest::gmock GTest::gtest_main)
    loadline_register_gtest(${name}_test)
  endif()
endfunction()

add_custom_target(loadline_programs)
function(loadline_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  loadline_target(program ${name} ${ARG_SOURCES})
  add_dependencies(loadline_programs ${name})
  target_link_libraries(${name} PRIVATE ${ARG_USES} ${ARG_LIBRARIES})
endfunction()

function(loadline_tests name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT;FIXTURE" "SOURCES;USES;LIBRARIES" ${ARGN})
  loadline_target(program ${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_USES} ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  set(options)
  if(ARG_FIXTURE)
    list(APPEND options FIXTURE ${ARG_FIXTURE})
  endif()
  if(ARG_SERIAL)
    list(APPEND options SERIAL)
  endif()
  if(ARG_TIMEOUT)
    list(APPEND options TIMEOUT ${ARG_TIMEOUT})
  endif()
  loadline_register_gtest(${name} ${options})
endfunction()

function(loadline_script_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT;FIXTURE" "COMMAND;NEEDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_NEEDS)
    set(ARG_NEEDS all)
  endif()
  loadline_map(${name} "${ARG_NEEDS}" "")
  add_test(NAME ${name} COMMAND ${ARG_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${ARG_TIMEOUT} RUN_SERIAL "${ARG_SERIAL}"
    FIXTURES_REQUIRED "${ARG_FIXTURE}" RESOURCE_LOCK "${ARG_FIXTURE}"
    ENVIRONMENT "LOADLINE_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

function(loadline_fixture name)
  cmake_parse_arguments(ARG "" "SETUP;CLEANUP" "" ${ARGN})
  set_tests_properties(${ARG_SETUP} PROPERTIES FIXTURES_SETUP ${name})
  set_tests_properties(${ARG_CLEANUP} PROPERTIES FIXTURES_CLEANUP ${name})
endfunction()

include(GoogleTest)
