// The migrations, as they are in migrations/sqlite; listed in migrate.cpp.
// __has_include makes the build see that this file depends on them.
#if !__has_include("../migrations/sqlite/0001.sql")
#error "migrations/sqlite/0001.sql is missing"
#endif
#if !__has_include("../migrations/sqlite/0002.sql")
#error "migrations/sqlite/0002.sql is missing"
#endif
#if !__has_include("../migrations/sqlite/0003.sql")
#error "migrations/sqlite/0003.sql is missing"
#endif
#if !__has_include("../migrations/sqlite/0004.sql")
#error "migrations/sqlite/0004.sql is missing"
#endif
#if !__has_include("../migrations/sqlite/0005.sql")
#error "migrations/sqlite/0005.sql is missing"
#endif
#if !__has_include("../migrations/sqlite/0006.sql")
#error "migrations/sqlite/0006.sql is missing"
#endif
#if !__has_include("../migrations/sqlite/0007.sql")
#error "migrations/sqlite/0007.sql is missing"
#endif
#if !__has_include("../migrations/sqlite/0008.sql")
#error "migrations/sqlite/0008.sql is missing"
#endif
  .section .rodata
  .globl dandori_sqlite_0001
  .globl dandori_sqlite_0001_end
dandori_sqlite_0001:
  .incbin "../migrations/sqlite/0001.sql"
dandori_sqlite_0001_end:
  .byte 0
  .globl dandori_sqlite_0002
  .globl dandori_sqlite_0002_end
dandori_sqlite_0002:
  .incbin "../migrations/sqlite/0002.sql"
dandori_sqlite_0002_end:
  .byte 0
  .globl dandori_sqlite_0003
  .globl dandori_sqlite_0003_end
dandori_sqlite_0003:
  .incbin "../migrations/sqlite/0003.sql"
dandori_sqlite_0003_end:
  .byte 0
  .globl dandori_sqlite_0004
  .globl dandori_sqlite_0004_end
dandori_sqlite_0004:
  .incbin "../migrations/sqlite/0004.sql"
dandori_sqlite_0004_end:
  .byte 0
  .globl dandori_sqlite_0005
  .globl dandori_sqlite_0005_end
dandori_sqlite_0005:
  .incbin "../migrations/sqlite/0005.sql"
dandori_sqlite_0005_end:
  .byte 0
  .globl dandori_sqlite_0006
  .globl dandori_sqlite_0006_end
dandori_sqlite_0006:
  .incbin "../migrations/sqlite/0006.sql"
dandori_sqlite_0006_end:
  .byte 0
  .globl dandori_sqlite_0007
  .globl dandori_sqlite_0007_end
dandori_sqlite_0007:
  .incbin "../migrations/sqlite/0007.sql"
dandori_sqlite_0007_end:
  .byte 0
  .globl dandori_sqlite_0008
  .globl dandori_sqlite_0008_end
dandori_sqlite_0008:
  .incbin "../migrations/sqlite/0008.sql"
dandori_sqlite_0008_end:
  .byte 0
  .section .note.GNU-stack,"",@progbits
