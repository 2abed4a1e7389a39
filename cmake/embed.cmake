# purser_embed(TARGET NAME FILE…) puts files into the program.
#
# It generates "embedded/NAME.hpp" (on the target's include path) with one std::string_view per file and
# a table of all of them:
#
#   namespace purser::embedded::NAME {
#   struct File { std::string_view path; std::string_view content; };
#   extern const std::string_view web_templates_page_html;   // from web/templates/page.html
#   extern const std::span<const File> files;                // in the order they were named
#   }
#
# Paths are relative to the repository's root, in the table as in the names. The bytes are exact (also
# NUL and non-UTF-8), and a changed file is embedded again by the next build.

set(PURSER_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_generate.cmake)

function(purser_embed target name)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/generated)
  set(header ${dir}/embedded/${name}.hpp)
  set(source ${dir}/embedded/${name}.cpp)
  set(absolute)
  foreach(file IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${PROJECT_SOURCE_DIR} NORMALIZE)
    list(APPEND absolute ${file})
  endforeach()
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND ${CMAKE_COMMAND} -D NAME=${name} -D ROOT=${PROJECT_SOURCE_DIR} -D HEADER=${header}
      -D SOURCE=${source} -D "FILES=${absolute}" -P ${PURSER_EMBED_SCRIPT}
    DEPENDS ${absolute} ${PURSER_EMBED_SCRIPT}
    COMMENT "Embedding ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE ${source} ${header})
  target_include_directories(${target} PUBLIC ${dir})
endfunction()
