"""The auditor's parts: each reads raw rows and checks what it can prove from them, trusting no program of ours."""
