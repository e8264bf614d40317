# loadline_bpf(target probe...): compiles bpf/PROBE.bpf.c with clang, and makes generated/bpf/PROBE.skel.h of it.
# Needs no kernel headers and no BTF: bpf/kernel_types.h names what is read, CO-RE finds it in the kernel that runs.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
find_program(BPFTOOL bpftool PATHS /usr/sbin REQUIRED)

# What the kernel's headers for BPF call the machine.
set(BPF_ARCH x86)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(BPF_ARCH arm64)
endif()

function(loadline_bpf target)
  set(out ${CMAKE_BINARY_DIR}/generated/bpf)
  file(MAKE_DIRECTORY ${out})
  set(skeletons)
  foreach(probe ${ARGN})
    set(object ${out}/${probe}.bpf.o)
    set(skeleton ${out}/${probe}.skel.h)
    add_custom_command(OUTPUT ${object} VERBATIM
      DEPENDS bpf/${probe}.bpf.c
      DEPFILE ${object}.d
      COMMAND ${BPF_CLANG} -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_${BPF_ARCH} -Wall -Werror
              -I${CMAKE_SOURCE_DIR} -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -MD -MF ${object}.d -MT ${object}
              -c ${CMAKE_SOURCE_DIR}/bpf/${probe}.bpf.c -o ${object})
    add_custom_command(OUTPUT ${skeleton} DEPENDS ${object} VERBATIM
      COMMAND sh -c "${BPFTOOL} gen skeleton ${object} name ${probe}_bpf > ${skeleton}")
    list(APPEND skeletons ${skeleton})
  endforeach()
  add_custom_target(${target} DEPENDS ${skeletons})
endfunction()
