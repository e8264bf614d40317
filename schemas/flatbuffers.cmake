# loadline_flatbuffers(target file.fbs...): compiles schemas into generated/schemas/NAME_generated.h.
# Those of the wire are included in schemas/wire/ only, that of the state where something that lasts is saved.
find_program(FLATC flatc REQUIRED)

function(loadline_flatbuffers target)
  set(headers)
  foreach(schema ${ARGN})
    get_filename_component(name ${schema} NAME_WE)
    set(header ${CMAKE_BINARY_DIR}/generated/schemas/${name}_generated.h)
    add_custom_command(OUTPUT ${header} DEPENDS ${schema} VERBATIM
      COMMAND ${FLATC} --cpp --cpp-std c++17 --cpp-static-reflection --scoped-enums --gen-object-api --no-includes
              -o ${CMAKE_BINARY_DIR}/generated/schemas ${CMAKE_SOURCE_DIR}/${schema})
    list(APPEND headers ${header})
  endforeach()
  add_custom_target(${target} DEPENDS ${headers})
endfunction()
