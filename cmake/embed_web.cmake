# The web UI inside the binary: web/dist (built by npm) and the small pages of src/api/pages, packed by tools/embed_web.
#
# DANDORI_WEB: ON builds web/dist by tools/build_web whenever a source of it has changed, beside the compiler's work.
# OFF (sanitizer and gcc builds, machines without npm) takes web/dist where it is there already, else goes without.
option(DANDORI_WEB "build the web UI by npm" ON)

function(dandori_embed_web target)
  set(web ${CMAKE_SOURCE_DIR}/web)
  set(pages ${CMAKE_SOURCE_DIR}/src/api/pages)
  set(dist ${web}/dist)
  file(GLOB page_files CONFIGURE_DEPENDS ${pages}/*)
  set(depends ${page_files} ${CMAKE_SOURCE_DIR}/tools/embed_web)
  file(GLOB web_lock CONFIGURE_DEPENDS ${web}/package-lock.json)
  if(DANDORI_WEB AND web_lock)
    file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
    file(GLOB web_settings CONFIGURE_DEPENDS ${web}/*.json ${web}/*.ts ${web}/*.html ${web}/scripts/*
      ${CMAKE_SOURCE_DIR}/src/cli/catalogue_*.h)
    set(stamp ${CMAKE_BINARY_DIR}/web.stamp)
    add_custom_command(OUTPUT ${stamp}
      COMMAND ${CMAKE_SOURCE_DIR}/tools/build_web
      COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
      DEPENDS ${web_files} ${web_settings} ${CMAKE_SOURCE_DIR}/tools/build_web ${CMAKE_SOURCE_DIR}/schemas/openapi.yaml
      COMMENT "building the web UI" VERBATIM)
    list(APPEND depends ${stamp})
  elseif(EXISTS ${dist})
    file(GLOB_RECURSE dist_files CONFIGURE_DEPENDS ${dist}/*)
    list(APPEND depends ${dist_files})
  endif()
  set(assembly ${CMAKE_BINARY_DIR}/web_files.S)
  set(table ${CMAKE_BINARY_DIR}/web_files.cpp)
  add_custom_command(OUTPUT ${assembly} ${table}
    COMMAND ${CMAKE_SOURCE_DIR}/tools/embed_web ${assembly} ${table} ${CMAKE_BINARY_DIR}/web_blobs /=${dist} /api/=${pages}
    DEPENDS ${depends}
    COMMENT "packing the web UI" VERBATIM)
  target_sources(${target} PRIVATE ${assembly} ${table})
endfunction()
