# loadline_fuzzer(NAME SOURCES ... CORPUS folder [DEPENDS target...] [SECONDS n])
#   bin/fuzz_NAME, built by clang's libFuzzer with the address and undefined-behaviour sanitizers, and a test
#   `Fuzz.NAME` that runs it for some seconds from the seed corpus. To look for longer:
#     build/dev/bin/fuzz_decode -jobs=2 some-folder tests/fuzz/corpus/decode
find_program(CLANGXX clang++-19)

function(loadline_fuzzer name)
  cmake_parse_arguments(ARG "" "CORPUS;SECONDS" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_SECONDS)
    set(ARG_SECONDS 20)
  endif()
  string(TOLOWER ${name} lower)
  set(runtime "")
  if(CLANGXX)
    execute_process(COMMAND ${CLANGXX} -print-file-name=libclang_rt.fuzzer.a OUTPUT_VARIABLE runtime
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT EXISTS "${runtime}")
      execute_process(COMMAND ${CLANGXX} -print-file-name=libclang_rt.fuzzer-${CMAKE_SYSTEM_PROCESSOR}.a
                      OUTPUT_VARIABLE runtime OUTPUT_STRIP_TRAILING_WHITESPACE)
    endif()
  endif()
  if(NOT EXISTS "${runtime}")
    add_test(NAME Fuzz.${name} COMMAND sh -c "echo 'needs clang++-19 and libclang-rt-19-dev'; exit 77")
    set_tests_properties(Fuzz.${name} PROPERTIES SKIP_RETURN_CODE 77)
    return()
  endif()
  set(binary ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fuzz_${lower})
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/ OUTPUT_VARIABLE sources)
  add_custom_command(OUTPUT ${binary} DEPENDS ${sources} ${ARG_DEPENDS} VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
    COMMAND ${CLANGXX} -std=c++23 -O1 -g1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
            -I${CMAKE_SOURCE_DIR} -I${CMAKE_BINARY_DIR}/generated ${sources} -lfmt -o ${binary}
    COMMENT "Building the fuzzer fuzz_${lower}")
  add_custom_target(fuzz_${lower} ALL DEPENDS ${binary})
  # What it finds on the way goes to a folder of the build, never to the seeds.
  set(found ${CMAKE_BINARY_DIR}/fuzz/${lower})
  file(MAKE_DIRECTORY ${found})
  add_test(NAME Fuzz.${name} WORKING_DIRECTORY ${found}
    COMMAND ${binary} -max_total_time=${ARG_SECONDS} -max_len=65536 -timeout=5 -rss_limit_mb=1024
            -print_final_stats=1 -verbosity=0 ${found} ${CMAKE_SOURCE_DIR}/${ARG_CORPUS})
  math(EXPR patience "${ARG_SECONDS} + 100")
  set_tests_properties(Fuzz.${name} PROPERTIES TIMEOUT ${patience})
endfunction()
