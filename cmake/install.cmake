# What is installed beside the programs.
install(DIRECTORY policies/ DESTINATION ${CMAKE_INSTALL_DATADIR}/jit-run/policies FILES_MATCHING PATTERN "*.yaml")
install(DIRECTORY man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(DIRECTORY man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 FILES_MATCHING PATTERN "*.5")
install(DIRECTORY completions/bash/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(DIRECTORY completions/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(DIRECTORY completions/fish/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
configure_file(systemd/jit-server.service.in systemd/jit-server.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/systemd/jit-server.service systemd/jit-server.socket
  DESTINATION lib/systemd/system)
install(FILES systemd/jit-server.sysusers DESTINATION lib/sysusers.d RENAME jit-server.conf)
