# Fails when a kept document differs from what its generator prints.
#   cmake -D GENERATOR=… -D DOCUMENT=openapi -D FILE=docs/reference/openapi.yaml -P compare_generated.cmake
execute_process(COMMAND ${GENERATOR} ${DOCUMENT} OUTPUT_VARIABLE generated RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${GENERATOR} ${DOCUMENT} failed: ${status}")
endif()
file(READ ${FILE} kept)
if(NOT generated STREQUAL kept)
  message(FATAL_ERROR "${FILE} is out of date: ${GENERATOR} ${DOCUMENT} > ${FILE}")
endif()
