# loadline_fuzzed(ROOMS room... SOURCES ... [DEPENDS target...])
#   What is fuzzed: each source of these rooms, and these, compiled once, by clang with the address and
#   undefined-behaviour sanitizers, into one library that all fuzzers are linked with.
# loadline_fuzzer(NAME SOURCES ... [LIBRARIES -lname...])
#   bin/fuzz_name with libFuzzer, and a test `Fuzz.NAME` that runs it for some seconds from tests/fuzz/corpus/name.
#   To look for longer: tests/fuzz/run --seconds 600 name
find_program(CLANGXX clang++-19)

set(FUZZ_RUNTIME "")
if(CLANGXX)
  foreach(library libclang_rt.fuzzer.a libclang_rt.fuzzer-${CMAKE_SYSTEM_PROCESSOR}.a)
    execute_process(COMMAND ${CLANGXX} -print-file-name=${library} OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(EXISTS "${found}")
      set(FUZZ_RUNTIME ${found})
    endif()
  endforeach()
endif()
# Of the undefined behaviours those that bytes can bring about and the address sanitizer does not see: all of them
# together double the time that a source with JSON in it takes to compile. Warnings are what the other compiler is for.
set(FUZZ_FLAGS -std=c++23 -O1 -g1 -w -fno-sanitize-recover=all
    -fsanitize=address,bool,bounds,enum,float-cast-overflow,integer-divide-by-zero,return,shift,signed-integer-overflow,unreachable)
set(FUZZ_COMPILE ${CLANGXX} ${FUZZ_FLAGS} -fsanitize=fuzzer-no-link
    -I${CMAKE_SOURCE_DIR} -I${CMAKE_BINARY_DIR}/generated)
set(FUZZ_COMPILE_HEADER ${FUZZ_COMPILE})  # never out of the cache: it names the clone that it was made in
if(CMAKE_CXX_COMPILER_LAUNCHER)
  # What ccache asks for before it takes a precompiled header.
  list(PREPEND FUZZ_COMPILE ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
       ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
# It halves the time that the others take.
set(FUZZ_HEADER ${CMAKE_BINARY_DIR}/fuzz/precompiled.pch)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
if(FUZZ_RUNTIME)
  add_custom_command(OUTPUT ${FUZZ_HEADER} VERBATIM DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/precompiled.h
    DEPFILE ${FUZZ_HEADER}.d
    COMMAND ${FUZZ_COMPILE_HEADER} -fpch-instantiate-templates -Xclang -fno-pch-timestamp
            -MD -MF ${FUZZ_HEADER}.d -MT ${FUZZ_HEADER}
            -x c++-header ${CMAKE_SOURCE_DIR}/tests/fuzz/precompiled.h -o ${FUZZ_HEADER}
    COMMENT "Building the header of what is fuzzed")
  add_custom_target(fuzz_header DEPENDS ${FUZZ_HEADER})
endif()

# Appends to `objects` the object that each source becomes.
function(loadline_fuzz_objects objects)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  set(made)
  foreach(source ${ARG_SOURCES})
    string(REPLACE ${CMAKE_BINARY_DIR}/ "" name ${source})
    set(object ${CMAKE_BINARY_DIR}/fuzz/objects/${name}.o)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_SOURCE_DIR})
    get_filename_component(folder ${object} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${object} VERBATIM
      DEPENDS ${source} ${FUZZ_HEADER} ${ARG_DEPENDS}
      DEPFILE ${object}.d
      COMMAND ${FUZZ_COMPILE} -include-pch ${FUZZ_HEADER} -MD -MF ${object}.d -MT ${object}
              -c ${source} -o ${object}
      COMMENT "Building ${name} to be fuzzed")
    list(APPEND made ${object})
  endforeach()
  set(${objects} ${made} PARENT_SCOPE)
endfunction()

function(loadline_fuzzed)
  if(NOT FUZZ_RUNTIME)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "ROOMS;SOURCES;DEPENDS" ${ARGN})
  set(compiled ${ARG_SOURCES})
  foreach(room ${ARG_ROOMS})
    get_target_property(sources ${room} LOADLINE_SOURCES)
    loadline_batched(batches ${room} ${sources})  # those of the room itself
    list(APPEND compiled ${batches})
  endforeach()
  loadline_fuzz_objects(objects SOURCES ${compiled} DEPENDS ${ARG_DEPENDS})
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/fuzz/libfuzzed.a DEPENDS ${objects} VERBATIM
    COMMAND ${CMAKE_COMMAND} -E rm -f ${CMAKE_BINARY_DIR}/fuzz/libfuzzed.a
    COMMAND ${CMAKE_AR} qcs ${CMAKE_BINARY_DIR}/fuzz/libfuzzed.a ${objects}
    COMMENT "Collecting what is fuzzed")
  add_custom_target(fuzzed DEPENDS ${CMAKE_BINARY_DIR}/fuzz/libfuzzed.a)
endfunction()

function(loadline_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  string(TOLOWER ${name} lower)
  if(NOT FUZZ_RUNTIME)
    add_test(NAME Fuzz.${name} COMMAND sh -c "echo 'needs clang++-19 and libclang-rt-19-dev'; exit 77")
    set_tests_properties(Fuzz.${name} PROPERTIES SKIP_RETURN_CODE 77)
    return()
  endif()
  loadline_fuzz_objects(objects SOURCES ${ARG_SOURCES} DEPENDS wire_schemas state_schema)
  set(binary ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fuzz_${lower})
  add_custom_command(OUTPUT ${binary} DEPENDS ${objects} ${CMAKE_BINARY_DIR}/fuzz/libfuzzed.a VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
    COMMAND ${CLANGXX} ${FUZZ_FLAGS} -fsanitize=fuzzer ${objects} ${CMAKE_BINARY_DIR}/fuzz/libfuzzed.a ${ARG_LIBRARIES}
            -lfmt -o ${binary}
    COMMENT "Linking the fuzzer fuzz_${lower}")
  add_custom_target(fuzz_${lower} ALL DEPENDS ${binary})
  add_dependencies(fuzz_${lower} fuzzed)
  set_property(GLOBAL APPEND PROPERTY FUZZERS fuzz_${lower})
  add_test(NAME Fuzz.${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMAND tests/fuzz/run --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} --seconds 2 --seed 1 ${lower})
  set_tests_properties(Fuzz.${name} PROPERTIES TIMEOUT 120)
endfunction()
