# The helpers that the top-level CMakeLists.txt declares the house with.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(JIT_SANITIZE "AddressSanitizer and UBSan" OFF)
option(JIT_UNIT_TESTS "The tests of lib/ and cli/, beside those of the installed programs" ON)
option(JIT_PRECOMPILE "Read the largest headers once, not in each file" OFF)
option(JIT_FUZZ "Build the libFuzzer programs (needs clang)" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror)
add_compile_options(-ffunction-sections -fdata-sections -fstack-protector-strong)
add_link_options(-Wl,--gc-sections,--as-needed,-z,relro,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(JIT_SANITIZE)
  add_compile_definitions(JIT_SANITIZE)
  # A null pointer that is used crashes, which AddressSanitizer reports: no second check before each use.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(JIT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-missing-field-initializers) # libgit2's own initializers leave some out
endif()
if(JIT_PRECOMPILE)
  # One way to compile, or the headers would not fit; and half the time of a debug build is linking.
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
  add_compile_options(-fPIC)
  add_link_options(-fuse-ld=gold)
endif()

# jit_precompiled(NAME HEADERS...): headers that targets read with jit_use_precompiled(TARGET NAME).
function(jit_precompiled name)
  if(JIT_PRECOMPILE)
    add_library(${name} OBJECT ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
    target_precompile_headers(${name} PRIVATE ${ARGN})
  endif()
endfunction()
function(jit_use_precompiled target name)
  if(JIT_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
jit_precompiled(headers <nlohmann/json.hpp> <chrono> <filesystem> <functional> <iostream> <map> <optional> <regex> <sstream>
  <variant>)

# jit_archive(NAME [LINKS...]): Debian's static libNAME.a as target NAME.a, for a start-up without dynamic loading.
function(jit_archive name)
  find_library(archive_${name} NAMES lib${name}.a REQUIRED)
  add_library(${name}.a INTERFACE)
  target_link_libraries(${name}.a INTERFACE ${archive_${name}} ${ARGN})
endfunction()

# jit_library(FOLDER [USES folders...] [LINKS targets...]): one static library from lib/FOLDER.
function(jit_library name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.cpp)
  if(NOT sources)
    set(sources ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
  endif()
  add_library(jit_${name} STATIC ${sources})
  target_include_directories(jit_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  list(TRANSFORM ARG_USES PREPEND jit_)
  target_link_libraries(jit_${name} PUBLIC ${ARG_USES} ${ARG_LINKS})
  jit_use_precompiled(jit_${name} headers)
endfunction()

# jit_flatbuffer(TARGET SCHEMA): NAME_generated.h of a FlatBuffers schema, for the sources of TARGET only, and 16 digits of
# the schema's hash as JIT_SCHEMA, so that nothing kept under another one is mistaken for it.
function(jit_flatbuffer target schema)
  find_program(FLATC flatc REQUIRED)
  find_path(FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h REQUIRED)
  get_filename_component(name ${schema} NAME_WE)
  set(directory ${PROJECT_BINARY_DIR}/generated/${target})
  add_custom_command(OUTPUT ${directory}/${name}_generated.h
    COMMAND ${FLATC} --cpp --gen-object-api --scoped-enums --cpp-std c++17 -o ${directory} ${PROJECT_SOURCE_DIR}/${schema}
    DEPENDS ${PROJECT_SOURCE_DIR}/${schema})
  target_sources(${target} PRIVATE ${directory}/${name}_generated.h)
  target_include_directories(${target} SYSTEM PRIVATE ${directory})
  file(SHA256 ${PROJECT_SOURCE_DIR}/${schema} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  target_compile_definitions(${target} PRIVATE JIT_SCHEMA="${hash}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${schema})
endfunction()

# jit_embedded(TARGET FILE): FILE.hpp, for the sources of TARGET only, which is a raw string literal with the file's text.
function(jit_embedded target file)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  set(directory ${PROJECT_BINARY_DIR}/generated/${target})
  file(CONFIGURE OUTPUT ${directory}/${name}.hpp CONTENT "R\"embedded(@text@)embedded\"\n" @ONLY)
  target_include_directories(${target} SYSTEM PRIVATE ${directory})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endfunction()

add_custom_target(programs) # all that is installed

# jit_program(NAME [STATIC] [LIBEXEC] [USES folders...] [LINKS targets...]): the program of cli/NAME.cpp, of the files
# in the folder of cli/ named as it is without "jit-", and of the cli/ files that it shares with others.
function(jit_program name)
  cmake_parse_arguments(ARG "STATIC;LIBEXEC" "" "USES;LINKS" ${ARGN})
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/cli/${name}.cpp)
    return()
  endif()
  string(REGEX REPLACE "^jit-" "" folder ${name})
  file(GLOB parts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cli/${folder}/*.cpp)
  add_executable(${name} cli/${name}.cpp ${parts})
  add_dependencies(programs ${name})
  jit_use_precompiled(${name} headers)
  list(TRANSFORM ARG_USES PREPEND jit_)
  target_link_libraries(${name} PRIVATE jit_cli ${ARG_USES} ${ARG_LINKS})
  target_compile_definitions(${name} PRIVATE JIT_VERSION="${PROJECT_VERSION}")
  # libstdc++ inside: one library fewer to load, and none to be replaced.
  if(ARG_STATIC AND NOT JIT_SANITIZE)
    target_link_options(${name} PRIVATE -static-pie -Wl,-z,pack-relative-relocs)
    set_target_properties(${name} PROPERTIES JIT_STATIC ON)
  else()
    target_link_options(${name} PRIVATE -pie -static-libstdc++ -static-libgcc)
  endif()
  if(ARG_LIBEXEC)
    install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/jit-run)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/libexec/jit-run)
  else()
    install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  endif()
endfunction()
