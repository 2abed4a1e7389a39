# cmake -DCOMPILER= -DINCLUDE= -DSOURCE= -P must_not_compile.cmake
# Fails when SOURCE compiles with PURSER_MUST_NOT_COMPILE.
execute_process(COMMAND ${COMPILER} -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I${INCLUDE}
    -DPURSER_MUST_NOT_COMPILE ${SOURCE}
  RESULT_VARIABLE status ERROR_VARIABLE messages)
if(status EQUAL 0)
  message(FATAL_ERROR "the mistake compiles")
endif()
if(NOT messages MATCHES "error: ")
  message(FATAL_ERROR "the compiler itself failed:\n${messages}")
endif()
