// schemas/openapi.yaml inside the program; see contract.h.
// __has_include makes the build see that this file depends on it.
#if !__has_include("../schemas/openapi.yaml")
#error "schemas/openapi.yaml is missing"
#endif
  .section .rodata
  .globl dandori_openapi
  .globl dandori_openapi_end
dandori_openapi:
  .incbin "../schemas/openapi.yaml"
dandori_openapi_end:
  .byte 0
  .section .note.GNU-stack,"",@progbits
