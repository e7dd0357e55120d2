// A folder of lib/ without sources yet still is a library.
