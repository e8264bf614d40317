# loadline_batched(OUT TARGET SOURCE...)
#   Sets OUT to what is compiled for these sources of TARGET: files in the build folder that include up to
#   LOADLINE_BATCH of them each, so that what they all include is read once. Sources that define the same name for
#   themselves, such as kStart, never share one. With LOADLINE_BATCH=1, as in the preset asan, each source is compiled by
#   itself, which shows that it includes all that it needs.
set(LOADLINE_BATCH 8 CACHE STRING "how many sources are compiled together")

# Whether a source is compiled by itself: what the build writes is not there yet, and what `using enum` brings is not
# seen here.
function(loadline_is_alone out source)
  set(${out} TRUE PARENT_SCOPE)
  if(LOADLINE_BATCH GREATER 1 AND NOT IS_ABSOLUTE ${source})
    file(STRINGS ${source} found REGEX "^using enum" LIMIT_COUNT 1)
    if(NOT found)
      set(${out} FALSE PARENT_SCOPE)
    endif()
  endif()
endfunction()

# What stands at the start of a line is of the file's scope: rather more names than fewer.
function(loadline_own_names out source)
  file(READ ${source} text)
  string(REPLACE ";" "=" text "\n${text}")  # else these would end words of lists
  string(REPLACE "[" "(" text "${text}")
  string(REPLACE "]" ")" text "${text}")
  set(names)
  foreach(pattern
      "\n(struct|class|enum|enum class|concept) +([A-Za-z0-9_]+)"
      "\nusing ([A-Za-z0-9_]+) *="
      "\n([(a-z_)]+ )*(const|constexpr|constinit|atomic|thread_local)[^=({\n]*[ *&]([A-Za-z0-9_]+) *[=({]"
      "\n([(][(a-z_)]+ )?[A-Za-z_][A-Za-z0-9_:<>,&* ]*[ *&]([A-Za-z0-9_]+)[(]"
      "\nMATCHER[A-Z0-9_]*[(]([A-Za-z0-9_]+)")
    string(REGEX MATCHALL "${pattern}" found "${text}")
    list(TRANSFORM found REPLACE ".*[^A-Za-z0-9_]([A-Za-z0-9_]+)[^A-Za-z0-9_]*$" "\\1")
    list(APPEND names ${found})
  endforeach()
  list(REMOVE_DUPLICATES names)
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# Whether one of these names is among those.
function(loadline_shares out names others)
  set(${out} FALSE PARENT_SCOPE)
  foreach(name ${names})
    if(name IN_LIST others)
      set(${out} TRUE PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# A batch that includes these sources, or the one source itself.
function(loadline_write_batch out target)
  set(members ${ARGN})
  list(LENGTH members count)
  set(${out} ${members} PARENT_SCOPE)
  if(count GREATER 1)
    # Named for its first source, so that another source in a room moves few of them.
    list(GET members 0 first)
    string(REGEX REPLACE "[/.]" "_" name ${first})
    list(TRANSFORM members REPLACE "(.+)" "#include \"\\1\"\n")
    string(JOIN "" text ${members})
    set(batch ${CMAKE_BINARY_DIR}/batches/${target}/${name}.cc)
    file(CONFIGURE OUTPUT ${batch} CONTENT "${text}" @ONLY)
    # A class that is defined in its source may have members of types that are the source's own.
    set_source_files_properties(${batch} PROPERTIES
      COMPILE_OPTIONS $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
    set(${out} ${batch} PARENT_SCOPE)
  endif()
endfunction()

function(loadline_batched out target)
  # A new name of a source may put it elsewhere, in a folder that was built before, too: it is configured again by itself.
  set(written ${ARGN})
  list(FILTER written EXCLUDE REGEX "^/")  # not what the build writes, which would be built first
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${written})
  set(compiled)
  set(batches 0)
  foreach(source ${ARGN})
    loadline_is_alone(alone ${source})
    if(alone)
      list(APPEND compiled ${source})
      continue()
    endif()
    loadline_own_names(names ${source})
    # The first batch that has room for it and for its names.
    foreach(candidate RANGE ${batches})
      list(LENGTH members_${candidate} count)
      loadline_shares(shares "${names}" "${taken_${candidate}}")
      if(count LESS LOADLINE_BATCH AND NOT shares)
        set(batch ${candidate})
        break()
      endif()
    endforeach()
    list(APPEND members_${batch} ${source})
    list(APPEND taken_${batch} ${names})
    if(batch EQUAL batches)
      math(EXPR batches "${batches} + 1")  # the last one is always empty
    endif()
  endforeach()
  foreach(batch RANGE ${batches})
    loadline_write_batch(written ${target} ${members_${batch}})
    list(APPEND compiled ${written})
  endforeach()
  set(${out} ${compiled} PARENT_SCOPE)
endfunction()
