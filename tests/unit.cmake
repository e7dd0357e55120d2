# Unit tests mirror lib/: tests/FOLDER/*_test.cpp are one program, each TEST_CASE one ctest entry.
find_package(Catch2 2.13 REQUIRED)
include(Catch)

add_library(test_main STATIC support/catch_main.cpp)
target_link_libraries(test_main PUBLIC Catch2::Catch2)
target_compile_options(test_main PRIVATE -w) # Catch2's own code, none of ours
if(JIT_SANITIZE)
  # What is tested has all checks; in the tests those of undefined behaviour would double the time to compile.
  target_compile_options(test_main PRIVATE -fno-sanitize=all)
  set(fewer_checks -fno-sanitize=undefined)
endif()

jit_precompiled(test_headers <catch2/catch.hpp> <nlohmann/json.hpp> <chrono> <filesystem> <fstream> <functional> <map>
  <optional> <variant>)
if(TARGET test_headers)
  target_compile_options(test_headers PRIVATE ${fewer_checks})
endif()

function(jit_unit_tests folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${folder} ${sources})
  target_include_directories(test_${folder} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(test_${folder} PRIVATE
    JIT_SOURCE_DIR="${PROJECT_SOURCE_DIR}" JIT_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(test_${folder} PRIVATE test_main jit_${folder} ${ARGN})
  target_compile_options(test_${folder} PRIVATE ${fewer_checks})
  jit_use_precompiled(test_${folder} test_headers)
  catch_discover_tests(test_${folder} TEST_PREFIX "${folder}: ")
endfunction()

foreach(folder util yaml git context signature policy approval audit store service backend http server run terminal config gate cli notify delivery transfer live inquiry)
  jit_unit_tests(${folder})
endforeach()

# Fuzzers: with JIT_FUZZ each is a libFuzzer program; otherwise it replays its corpus as an ordinary test.
file(GLOB fuzzers CONFIGURE_DEPENDS fuzz/*_fuzz.cpp)
foreach(source ${fuzzers})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE jit_service jit_server jit_git jit_config jit_signature jit_terminal)
  jit_use_precompiled(${name} headers)
  if(JIT_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE fuzz/replay_main.cpp)
    string(REGEX REPLACE "_fuzz$" "" corpus ${name})
    add_test(NAME "fuzz: replay ${corpus}" COMMAND ${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${corpus})
  endif()
endforeach()
