# loadline_page(OUTPUT) - builds the page and writes it, with the description of the API, as one C++ source.
#   npm fetches the packages again only when the lock file changed; Vite runs only when a file of the page did.
#   Works in the build tree: nothing is written beside the sources.

find_program(NODE_EXECUTABLE NAMES node nodejs)
find_program(NPM_EXECUTABLE npm)

function(loadline_page output)
  if(NOT NODE_EXECUTABLE OR NOT NPM_EXECUTABLE)
    message(FATAL_ERROR "the page is built with Node.js 18 or later: apt-get install nodejs npm")
  endif()
  set(source ${CMAKE_SOURCE_DIR}/collector/web/page)
  set(work ${CMAKE_BINARY_DIR}/page)
  file(MAKE_DIRECTORY ${work})
  set(packages ${work}/node_modules/.package-lock.json)
  set(outline ${CMAKE_SOURCE_DIR}/collector/web/openapi.yaml)
  set(openapi ${CMAKE_BINARY_DIR}/generated/openapi.yaml)
  add_custom_command(OUTPUT ${openapi} COMMAND write_openapi ${outline} ${openapi} DEPENDS write_openapi ${outline} VERBATIM)
  # Not sources of ours to list one by one for the compiler: Vite follows their imports.
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${source}/src/* ${source}/public/*)
  add_custom_command(
    OUTPUT ${packages}
    COMMAND ${CMAKE_COMMAND} -E copy ${source}/package.json ${source}/package-lock.json ${source}/.npmrc ${work}
    COMMAND ${NPM_EXECUTABLE} ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${packages}
    DEPENDS ${source}/package.json ${source}/package-lock.json ${source}/.npmrc
    WORKING_DIRECTORY ${work}
    COMMENT "Fetching the page's packages"
    VERBATIM)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${work}/src ${work}/public ${work}/dist
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${source}/src ${work}/src
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${source}/public ${work}/public
    COMMAND ${CMAKE_COMMAND} -E copy ${source}/index.html ${source}/tsconfig.json ${source}/vite.config.js ${work}
    # What the API answers is described once.
    COMMAND ${CMAKE_COMMAND} -E chdir ${work} ${CMAKE_COMMAND} -E env NO_COLOR=1 ${NODE_EXECUTABLE}
            node_modules/openapi-typescript/bin/cli.js ${openapi} --output src/openapi.d.ts
    COMMAND ${CMAKE_COMMAND} -E chdir ${work} ${NODE_EXECUTABLE} node_modules/typescript/bin/tsc --noEmit
    COMMAND ${CMAKE_COMMAND} -E chdir ${work} ${NODE_EXECUTABLE} node_modules/vite/bin/vite.js build --logLevel warn
    COMMAND ${NODE_EXECUTABLE} ${source}/embed.mjs ${output} ${work}/dist /api/v1/openapi.yaml=${openapi}
    DEPENDS ${packages} ${files} ${openapi} ${source}/index.html ${source}/tsconfig.json ${source}/vite.config.js
            ${source}/embed.mjs
    COMMENT "Building the page"
    VERBATIM)
endfunction()
